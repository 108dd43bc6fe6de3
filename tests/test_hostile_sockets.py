"""Sockets of those who mean harm, or whose programs are broken: they are closed, and cost nobody else anything."""

import itertools
import json
import socket
from contextlib import suppress
from pathlib import Path
from socket import SHUT_WR, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from typing import Any

import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest
from websockets.sync.client import ClientConnection

from resolvers import live
from streaming.log import open_log, read_head
from streaming.sharing.websocket import DirectWebSocket
from tests.api import Api
from tests.endpoint.wire import closing
from tests.peers.processes import eventually
from tests.running import Running, run_application
from tests.stalling import WIDE, stalled
from tests.stalling import write_many as _write_many
from tests.streaming.lives import new_life
from tests.subscribing import EVERYTHING, hear, subscribe

EMPTY_PIECE = bytes([0x00, 0x80, 0, 0, 0, 0])
PING = bytes([0x89, 0x80 | 125, 0, 0, 0, 0]) + b"p" * 125
PONG = bytes([0x8A, 0x80, 0, 0, 0, 0])
CLOSE = bytes([0x88, 0x82, 0, 0, 0, 0]) + (1000).to_bytes(2)
BEGINNING = bytes([0x01, 0x80 | 1, 0, 0, 0, 0]) + b"{"


def directs_of(running: Running) -> list[DirectWebSocket]:
    async def look() -> list[DirectWebSocket]:
        sockets: Any = running.application.sockets._owners
        return [each._following.direct for each in sockets if hasattr(each, "_following")]

    return running.do(look())


def test_an_id_of_any_length_that_is_taken_closes_the_socket(api: Api) -> None:
    with api.customer().socket() as wire:
        for _ in range(2):
            subscribe(wire, "x" * 500, "subscription { orderCounts { count } }")
        code, reason = closing(wire)

    assert code == 4409
    assert reason.startswith("Subscriber for xxx")


@pytest.mark.parametrize("frame", [EMPTY_PIECE, PING, PONG], ids=["pieces", "pings", "pongs"])
def test_frames_without_end_hold_nobody_up(api: Api, frame: bytes) -> None:
    other = api.customer()
    with api.customer().socket() as wire:
        with suppress(OSError):
            wire.socket.sendall(BEGINNING * (frame == EMPTY_PIECE) + frame * 100_000)
        assert other.position()
        assert closing(wire) == (1013, "Too many frames")


def test_pings_of_one_who_reads_nothing_are_not_answered(api: Api) -> None:
    with stalled(api, api.customer()) as wire:
        direct = _filled(api.running, wire)
        before = direct.transport.get_write_buffer_size()
        for _ in range(5):
            wire.socket.sendall(PING * 100)
        subscribe(wire, "behind them", "subscription { orderCounts { count } }")
        eventually(lambda: direct.direct is not None, what="they are read")

        assert direct.transport.get_write_buffer_size() <= before


def test_one_whose_line_is_full_before_it_follows_anything_is_sent_nothing_more(api: Api) -> None:
    staff = api.staff()
    life = api.running.do(new_life(api.running.database))
    place = staff.position()
    api.running.do(_write_many(api.running, life, 3000))
    with stalled(api, staff) as wire:
        direct = _filled(api.running, wire)
        before = direct.transport.get_write_buffer_size()
        subscribe(wire, "late", EVERYTHING % WIDE, after=place)
        eventually(lambda: bool(direct.direct and direct.direct._waiting), what="it waits for room")
        for _ in range(10):  # turns of the loop in which more could be written
            staff.position()

        # Four times the budget, for a client that has only now got to read something; all that there is, is more.
        assert direct.transport.get_write_buffer_size() < before + 1024 * 1024


@pytest.mark.parametrize("leave", ["with a close frame", "with the end of what it sends"])
def test_one_who_leaves_without_reading_what_waits_is_rid_of(
    api: Api, monkeypatch: pytest.MonkeyPatch, leave: str
) -> None:
    monkeypatch.setattr("streaming.sharing.websocket.CLOSING", 0.1)
    with stalled(api, api.customer()) as wire:
        wire.close_timeout = 0
        direct = _filled(api.running, wire)
        if leave == "with a close frame":
            wire.socket.sendall(CLOSE)
        else:
            wire.socket.shutdown(SHUT_WR)

        eventually(lambda: direct not in direct.connections, what="its connection is dropped")
        eventually(lambda: direct not in directs_of(api.running), what="its socket is let go")


def test_a_process_that_ends_is_not_kept_by_one_who_leaves_without_reading(api: Api) -> None:
    with stalled(api, api.customer()) as wire:
        wire.close_timeout = 0
        direct = _filled(api.running, wire)
        wire.socket.sendall(CLOSE)
        eventually(direct.transport.is_closing, what="it is heard")

        direct.loop.call_soon_threadsafe(direct.shutdown)

        eventually(lambda: direct not in direct.connections, what="its connection is dropped")


def test_an_event_stream_that_nobody_reads_keeps_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("endpoint.event_stream.CLOSING", 0.1)
    url = f"sqlite:///{tmp_path / 'orders.sqlite3'}"
    with run_application(url, tmp_path, SLOW_READER_SECONDS="0.3") as running, Api(running) as api:
        staff = api.staff()
        life = running.do(new_life(running.database))
        body = json.dumps({"query": EVERYTHING % WIDE, "variables": {"after": staff.position()}})
        running.do(_write_many(running, life, 5000))
        port = int(running.url.rsplit(":", 1)[1])
        lines = [
            "POST /graphql HTTP/1.1",
            "host: localhost",
            "accept: text/event-stream",
            "content-type: application/json",
            f"authorization: Bearer {staff.token}",
            f"content-length: {len(body)}",
        ]
        with socket.socket() as reader:
            reader.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", port))
            reader.sendall("\r\n".join([*lines, "", body]).encode())
            sockets = running.application.sockets
            eventually(lambda: sockets.closed[1013] == 1, what="patience with it ends")

            def is_connected() -> bool:
                held = psutil.Process().net_connections("tcp")
                return any(each.raddr == reader.getsockname() for each in held)

            eventually(lambda: not is_connected(), what="its connection is dropped")


def test_another_log_while_a_stream_is_made_is_told_and_not_followed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A position of the one means nothing in the other: what comes up to there would be left out."""
    look, tailer = live.look, api.running.application.stream.tailer

    async def look_while_it_is_replaced(*what: Any) -> Any:
        found = await look(*what)
        async with open_log(tailer.database) as connection:
            tailer._replace(await read_head(connection))
        return found

    person = api.customer()
    order = person.place()
    monkeypatch.setattr(live, "look", look_while_it_is_replaced)
    with person.socket() as wire:
        subscribe(wire, "1", EVERYTHING % "cursor", orderId=order["id"])
        told = hear(wire)

    assert [error["extensions"]["code"] for error in told["payload"]] == ["CURSOR_EXPIRED"]


def test_what_one_event_may_cost_is_less_than_what_a_query_may(api: Api) -> None:
    """It is paid again for each change, asked for once, and keeps everyone else waiting."""
    dear = " ".join(f"a{n}: orders(first: 100) {{ nodes {{ number }} }}" for n in range(6))
    with api.customer().socket() as wire:
        subscribe(wire, "1", EVERYTHING % f"cursor order {{ customer {{ {dear} }} }}")
        told = hear(wire)

    assert [error["extensions"]["code"] for error in told["payload"]] == ["QUERY_TOO_COMPLEX"]


def _filled(running: Running, wire: ClientConnection) -> DirectWebSocket:
    """Asks for more than goes into the buffers of a socket, without a look at it."""
    client = wire.local_address
    (direct,) = (each for each in directs_of(running) if each.client == client)
    direct.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
    sent = itertools.count()

    def full() -> bool:
        if direct.writable.is_set():
            thrice = " ".join(
                f"{name}: __schema {{ types {{ name description fields {{ name }} }} }}" for name in "abc"
            )
            subscribe(wire, f"{next(sent)}", f"{{ {thrice} }}")
        return not direct.writable.is_set()

    eventually(full, what="it is full")
    sizes = [0]

    def settled() -> bool:
        sizes.append(direct.transport.get_write_buffer_size())
        return len(set(sizes[-50:])) == 1

    eventually(settled, what="the client's own buffers are full as well")
    assert not direct.writable.is_set()
    return direct
