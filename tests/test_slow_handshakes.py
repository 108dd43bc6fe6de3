"""Case 47: heads of requests that come slowly, never, or without end are not waited for."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.api import Api
from tests.running import Running, run_application

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
)
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def hurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr("serving.HEAD_SECONDS", 0.3)
    with run_application(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path, INIT_SECONDS="0.6") as running:
        yield running


def connection(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.parts.settings.port), timeout=10)


def rest(connection: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    received = b""
    while True:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return received
        if not more:
            return received
        received += more


@pytest.mark.parametrize("sent", [b"", b"G", HANDSHAKE[:-10], HANDSHAKE])
def test_case_47_a_head_that_does_not_come_is_not_waited_for(hurried: Running, sent: bytes) -> None:
    with connection(hurried) as wire:
        wire.sendall(sent)

        assert rest(wire) == b""


def test_case_47_the_head_of_a_second_request_neither(hurried: Running) -> None:
    with connection(hurried) as wire:
        wire.sendall(WHOLE)
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")
        wire.sendall(WHOLE[:-3])

        assert b"HTTP/1.1" not in rest(wire)


def test_case_47_a_head_without_end_is_cut_off(hurried: Running) -> None:
    with connection(hurried) as wire:
        with suppress(OSError):
            wire.sendall(WHOLE[:-2] + (b"X: " + b"x" * 1000 + b"\r\n") * 1000)

        assert rest(wire).startswith(b"HTTP/1.1 431 ")


def test_whoever_has_introduced_itself_is_not_hurried(hurried: Running) -> None:
    with Api(hurried) as api, api.customer().socket() as wire, connection(hurried) as silent:
        silent.sendall(HANDSHAKE + b"\r\n")
        assert silent.recv(65536).startswith(b"HTTP/1.1 101 ")
        closed = silent.recv(65536)  # after twice the time of a head

        assert closed[0] == 0x88
        assert int.from_bytes(closed[2:4]) == 4408
        assert wire.ping().wait(10)
