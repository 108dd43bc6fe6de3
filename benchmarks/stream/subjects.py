"""What is measured, each in a server process of its own: the bare write, the peers, and this project's front door."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx2

from benchmarks.stream.emitting import ROOT, Appender, Emitter, Mutated, Published, Written
from benchmarks.stream.load import SECONDS, Greeting
from benchmarks.stream.shop import PUBLIC_URL, SECRET, Shop
from models.account import AccountKind
from settings import Settings
from tests.peers.processes import Process, free_port
from tests.peers.programs import Server
from tools import node

BARE: Final = "bare socket write"
OURS: Final = "this server"
PLACED: Final = "this server, by its own mutation"
STOCK: Final = "stock Strawberry + broadcaster"
MERCURIUS: Final = "Mercurius"
YOGA: Final = "GraphQL Yoga + graphql-ws"
DOCUMENT: Final = (ROOT / "queries/order_changes.graphql").read_text()
PEERS: Final = ROOT / "benchmarks/peers"
#: What is meant for people, and is raised for a crowd that has one account and one address.
RAISED: Final = {name.upper(): "100000" for name in Settings.model_fields if name.startswith("sockets_per_")}


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that runs. `emitters`: by what a delivery is called in the tables."""

    url: str
    pid: int
    greeting: Greeting | None
    emitters: dict[str, Emitter] = field(default_factory=dict)


Start = Callable[[], AbstractAsyncContextManager[Subject]]


@asynccontextmanager
async def our_server(shop: Shop, broadcast_url: str, appender: Appender, folder: Path) -> AsyncIterator[Subject]:
    """As in production: access, limits and the log are on. Followed by staff, so that every order is seen."""
    environment = {
        "DATABASE_URL": shop.url,
        "BROADCAST_URL": broadcast_url,
        "SECRET_KEY": SECRET,
        "PUBLIC_URL": PUBLIC_URL,
        "DATA_DIR": str(folder),
        "RELAY": "false",
        **RAISED,
    }
    customer = {"authorization": f"Bearer {shop.token(AccountKind.CUSTOMER)}"}
    with Server(folder=folder, environment=environment) as server:
        async with _client(server.port, customer) as client:
            yield Subject(
                _socket_url(server.port),
                server.pid,
                Greeting(shop.token(AccountKind.STAFF), DOCUMENT),
                {OURS: appender.to(shop.orders[0]), PLACED: Mutated(client, shop)},
            )


@asynccontextmanager
async def bare(sample: bytes, folder: Path) -> AsyncIterator[Subject]:
    """Writes the bytes of an event as this server sent it."""
    async with _process(BARE, [sys.executable, "-m", "benchmarks.stream.bare"], folder) as (port, pid):
        written = Written(sample)
        url = f"ws://127.0.0.1:{port}"
        await written.open(url)
        yield Subject(url, pid, None, {BARE: written})
        written.close()


@asynccontextmanager
async def peer(name: str, command: list[str | Path], sample: bytes, folder: Path) -> AsyncIterator[Subject]:
    """`command` takes a port at its end. Publishes the values of an event as this server sent it."""
    transition: dict[str, Any] = json.loads(sample)["payload"]["data"]["statusTransitions"]
    async with _process(name, command, folder) as (port, pid), _client(port, {}) as client:
        yield Subject(_socket_url(port), pid, Greeting(None, DOCUMENT), {name: Published(client, transition)})


def peers(sample: bytes, folder: Path) -> dict[str, Start]:
    """What this server is compared with."""
    uvicorn = [sys.executable, "-m", "uvicorn", "benchmarks.peers.stock_subscriptions:app", "--no-access-log", "--port"]
    commands: dict[str, list[str | Path]] = {
        MERCURIUS: [node.executable(), PEERS / "mercurius.mjs"],
        YOGA: [node.executable(), PEERS / "yoga.mjs"],
        STOCK: [*uvicorn],
    }
    return {
        BARE: partial(bare, sample, folder),
        **{name: partial(peer, name, command, sample, folder) for name, command in commands.items()},
    }


@asynccontextmanager
async def _process(name: str, command: list[str | Path], folder: Path) -> AsyncIterator[tuple[int, int]]:
    """Its port and its process id, once it listens."""
    port = free_port()
    process = Process([*command, str(port)], log=folder / f"{name}-{port}.log", environment={"NODE_ENV": "production"})
    try:
        process.wait_until(lambda: _listens(port), seconds=30)
        yield port, process.pid
    finally:
        process.stop()


def _listens(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/", timeout=5)
    except httpx2.ConnectError:
        return False
    except httpx2.HTTPError:
        return True
    return True


def _client(port: int, headers: dict[str, str]) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=SECONDS)


def _socket_url(port: int) -> str:
    return f"ws://127.0.0.1:{port}/graphql"
