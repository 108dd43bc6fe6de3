"""Case 47: an answer that nobody reads does not hold its connection for ever."""

import socket
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest

from tests.fleet import Fleet
from tests.peers.programs import Server

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWERS = 400


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Fleet(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path, SLOW_READER_SECONDS="0.5").servers[0]


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux can")
def test_case_47_who_reads_nothing_is_given_up_and_who_reads_slowly_is_not(server: Server) -> None:
    with server, connection(server) as deaf, connection(server) as slow:
        for each in (deaf, slow):
            each.sendall(REQUEST * ANSWERS)
        received, end = b"", time.monotonic() + 60
        while is_held(server, deaf):
            assert time.monotonic() < end, "it is still held"
            slow.settimeout(0.5)
            try:
                received += slow.recv(512)
            except TimeoutError:
                assert received.count(b"HTTP/1.1 200 ") == ANSWERS
        slow.settimeout(10)
        while received.count(b"HTTP/1.1 200 ") < ANSWERS:
            more = slow.recv(65536)
            assert more, "it was given up, too"
            received += more


def connection(server: Server) -> socket.socket:
    """One that has next to no room for what comes."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(("127.0.0.1", server.port))
    return wire


def is_held(server: Server, wire: socket.socket) -> bool:
    """Whether the server still has its end."""
    held = psutil.Process(server.pid).net_connections("tcp")
    return any(each.raddr and each.raddr.port == wire.getsockname()[1] for each in held)
