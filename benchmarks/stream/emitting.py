"""How an event comes to be, for each kind of server, and when it was committed or published."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

import httpx2
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.stream.shop import Shop

ROOT: Final = Path(__file__).resolve().parents[2]


class Emitter(Protocol):
    """Makes events, one at a time."""

    async def emit(self) -> None:
        """One event; it may be on its way still."""

    async def moments(self, count: int) -> list[int]:
        """When the last so many were committed, or published, in nanoseconds since 1970."""


class Appender:
    """Another process that appends changes to the log."""

    def __init__(self, process_input: asyncio.StreamWriter, output: asyncio.StreamReader, shop: Shop) -> None:
        self._input = process_input
        self._output = output
        self._shop = shop

    async def append(self, order_id: UUID, count: int = 1) -> None:
        """Returns after the commit."""
        self._input.write(f"{order_id} {count}\n".encode())
        if await self._output.readline() != b"done\n":
            raise RuntimeError("the appender has ended")

    def to(self, order_id: UUID) -> "Appended":
        return Appended(self, self._shop, order_id)


class Appended:
    """Changes of one order."""

    def __init__(self, appender: Appender, shop: Shop, order_id: UUID) -> None:
        self._appender = appender
        self._shop = shop
        self._order_id = order_id

    async def emit(self) -> None:
        await self._appender.append(self._order_id)

    async def moments(self, count: int) -> list[int]:
        return await self._shop.commits(count)


class Mutated:
    """Orders placed through the server's own front door."""

    def __init__(self, client: httpx2.AsyncClient, shop: Shop) -> None:
        self._client = client
        self._shop = shop
        self._document = (ROOT / "queries/place_order.graphql").read_text()

    async def emit(self) -> None:
        fields = {"lines": [{"productCode": "server", "quantity": 1}], "idempotencyKey": str(uuid4())}
        placed = (await _ask(self._client, self._document, {"input": fields}))["placeOrder"]
        if placed["errors"]:
            raise RuntimeError(str(placed["errors"]))

    async def moments(self, count: int) -> list[int]:
        return await self._shop.commits(count)


class Published:
    """The same transition again and again, by a mutation of the peers' that says when."""

    def __init__(self, client: httpx2.AsyncClient, transition: dict[str, Any]) -> None:
        self._client = client
        self._transition = transition
        self._moments: list[int] = []

    async def emit(self) -> None:
        document = "mutation($transition: TransitionInput!) { publish(transition: $transition) }"
        answer = await _ask(self._client, document, {"transition": self._transition})
        self._moments.append(int(answer["publish"]))

    async def moments(self, count: int) -> list[int]:
        return self._moments[-count:]


class Written(WSListener):
    """The same bytes again and again, at the command of a socket of its own."""

    def __init__(self, frame: bytes) -> None:
        self._frame = frame
        self._answers: asyncio.Queue[int] = asyncio.Queue()
        self._moments: list[int] = []

    async def open(self, url: str) -> None:
        self._transport, _ = await ws_connect(lambda: self, f"{url}/control")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 (the library's signature)
        self._answers.put_nowait(int(frame.get_payload_as_bytes()))

    async def emit(self) -> None:
        self._transport.send(WSMsgType.TEXT, self._frame)
        self._moments.append(await self._answers.get())

    async def moments(self, count: int) -> list[int]:
        return self._moments[-count:]

    def close(self) -> None:
        self._transport.disconnect()


@asynccontextmanager
async def open_appender(shop: Shop, broadcast_url: str) -> AsyncIterator[Appender]:
    """It ends with its input."""
    command = [sys.executable, "-m", "benchmarks.stream.appender", shop.url, broadcast_url]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("it was started with both")
    try:
        yield Appender(process.stdin, process.stdout, shop)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _ask(client: httpx2.AsyncClient, document: str, variables: dict[str, Any]) -> Any:
    answer = (await client.post("/graphql", json={"query": document, "variables": variables})).json()
    if "errors" in answer:
        raise RuntimeError(str(answer["errors"]))
    return answer["data"]
