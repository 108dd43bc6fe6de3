"""The load client: any number of sockets in one process, all following the same document, and when each event came."""

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import MutableSequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

#: Bytes: what is longer is an event. No message of the protocol's own is.
LONGEST_CONTROL: Final = 100
#: Handshakes under way at a time.
AT_ONCE: Final = 50
#: How often a socket that is refused is tried again, with a pause of up to so many seconds before each.
TRIES, PAUSE = 20, 2.0
SECONDS: Final = 120.0


class LoadFailed(Exception):
    """A socket was closed or refused, or an event was late, missing, doubled or different."""


class Missing(LoadFailed):
    """Not all has come in time."""


class Refused(LoadFailed):
    """Closed before it was let in."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a socket of graphql-transport-ws says first. A bare socket says nothing."""

    token: str | None
    document: str

    def init(self) -> bytes:
        payload = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return json.dumps({"type": "connection_init", "payload": payload}).encode()

    def subscribe(self, variables: dict[str, Any]) -> bytes:
        payload = {"query": self.document, "variables": variables}
        # The length that the ids of real clients have.
        return json.dumps({"id": str(uuid4()), "type": "subscribe", "payload": payload}).encode()


class Peer(WSListener):
    """One socket. `seen`: events since the run began."""

    def __init__(self, load: "Load", variables: dict[str, Any]) -> None:
        self.load = load
        self.variables = variables
        self.seen = 0
        self.leaving = False
        self.subscribed = asyncio.get_running_loop().create_future()
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        if self.load.greeting is None:
            self.subscribed.set_result(None)
        else:
            transport.send(WSMsgType.TEXT, self.load.greeting.init())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        size = frame.payload_size
        if size <= LONGEST_CONTROL:
            self._control(transport, frame)
            return
        load, seen = self.load, self.seen
        self.seen = seen + 1
        if seen >= len(load.arrivals):
            load.fail("more events than were sent")
            return
        load.arrivals[seen].append(time.time_ns())
        if not seen:
            load.sample = frame.get_payload_as_bytes()
        load.left -= 1
        if load.left == 0:
            load.all_came.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        closed = transport.close_handshake
        why = f"closed by the server: {closed.recv.code if closed and closed.recv else 'without a word'}"
        if not self.subscribed.done():
            self.subscribed.set_exception(Refused(why))
        elif not self.leaving:
            self.load.fail(why)

    def _control(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        if frame.msg_type is not WSMsgType.TEXT:
            return
        message = frame.get_payload_as_utf8_text()
        match json.loads(message)["type"]:
            case "connection_ack" if self.load.greeting:
                transport.send(WSMsgType.TEXT, self.load.greeting.subscribe(self.variables))
                self.subscribed.set_result(None)
            case "ping":
                transport.send(WSMsgType.TEXT, b'{"type":"pong"}')
            case "pong":
                pass
            case _:
                self.load.fail(message)


class Load:
    """Sockets of one server. `sample`: the last first event; `refused`: how often a socket was not let in."""

    def __init__(self, url: str, greeting: Greeting | None, variables: dict[str, Any] | None = None) -> None:
        self.url = url
        self._variables = variables or {}
        self.greeting = greeting
        self.peers: list[Peer] = []
        self.arrivals: list[MutableSequence[int]] = []
        self.left = 0
        self.refused = 0
        self.sample = b""
        self.all_came = asyncio.Event()
        self._fault: str | None = None

    def fail(self, why: str) -> None:
        self._fault = self._fault or why
        self.all_came.set()

    async def grow_to(
        self, count: int, variables: list[dict[str, Any]] | None = None, *, at_once: int = AT_ONCE
    ) -> None:
        """Open sockets until there are so many; `variables` are those of each. Raises LoadFailed."""
        gate = asyncio.Semaphore(at_once)
        given = (variables or [self._variables] * count)[len(self.peers) : count]

        async def one(own: dict[str, Any]) -> None:
            async with gate:
                self.peers.append(await self._open(own))

        try:
            async with asyncio.TaskGroup() as group:
                for own in given:
                    group.create_task(one(own))
        except ExceptionGroup as faults:
            raise LoadFailed(f"cannot open {count} sockets: {faults.exceptions[0]!r}") from None

    async def _open(self, variables: dict[str, Any]) -> Peer:
        """As clients do: who is refused comes back after a pause."""
        headers = {"Sec-WebSocket-Protocol": "graphql-transport-ws"} if self.greeting else None
        why: Exception | None = None
        for _ in range(TRIES):
            peer = Peer(self, variables)
            try:
                async with asyncio.timeout(SECONDS):
                    await ws_connect(
                        lambda peer=peer: peer, self.url, extra_headers=headers, websocket_handshake_timeout=SECONDS
                    )
                    await peer.subscribed
            except (Refused, WSError, OSError) as refusal:
                self.refused += 1
                why = refusal
                await asyncio.sleep(PAUSE * random.random())
            else:
                return peer
        raise LoadFailed(f"refused {TRIES} times: {why!r}")

    def shrink_to(self, count: int) -> None:
        for peer in self.peers[count:]:
            peer.leaving = True
            if peer.transport:
                peer.transport.disconnect()
        del self.peers[count:]

    def begin(self, events: int, *, keep: bool = True) -> None:
        """A run of so many events, counted anew; without `keep` it is not noted when each of them came."""
        nowhere: deque[int] = deque(maxlen=0)
        self.arrivals = [[] if keep else nowhere for _ in range(events)]
        for peer in self.peers:
            peer.seen = 0

    def expect(self, deliveries: int) -> None:
        """From now on so many."""
        self.left = deliveries
        self.all_came.clear()

    async def arrived(self, seconds: float = SECONDS) -> None:
        """Until all that was expected has come. Raises LoadFailed, also where it takes too long."""
        try:
            async with asyncio.timeout(seconds):
                await self.all_came.wait()
        except TimeoutError:
            raise Missing(f"{self.left} deliveries are missing") from None
        if self._fault is not None:
            raise LoadFailed(self._fault)

    def check(self, events: int, peers: int) -> None:
        """Raises LoadFailed unless so many peers have seen just so many events, and the last was no error."""
        if sum(peer.seen == events for peer in self.peers) != peers:
            raise LoadFailed(f"not {events} events each: {sorted({peer.seen for peer in self.peers})}")
        message = json.loads(self.sample)
        if message.get("type") == "next" and "errors" in message["payload"]:
            raise LoadFailed(str(message["payload"]["errors"]))
