"""The protocols' own clients in processes of their own, and a line to the server that can be cut."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal

from tests.peers.processes import REPOSITORY, Process, eventually
from tests.protocol.target import Target
from tools import node

CLIENTS: Final = REPOSITORY / "tests" / "clients"
Name = Literal["graphql-ws", "graphql-sse"]


class ReferenceClient:
    """One operation of one client; `saw` is what it has printed."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def saw(self, what: str) -> list[Any]:
        """What stands behind this word in each line that has it."""
        text = self._process.log.read_text()
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line[what] for line in lines if what in line]

    def wait_for(self, what: str, count: int = 1) -> list[Any]:
        """All of it, once there is so much; fails the test where the client has ended before."""
        process = self._process
        with suppress(TimeoutError):
            eventually(lambda: len(self.saw(what)) >= count or not process.running, what=what, seconds=30)
        assert len(self.saw(what)) >= count, process.log_end()
        return self.saw(what)


@contextmanager
def reference_client(
    name: Name, url: str, query: str, *, folder: Path, authorization: str = "", variables: dict[str, Any] | None = None
) -> Iterator[ReferenceClient]:
    node.npm_ci(CLIENTS)
    script = [node.executable(), CLIENTS / "reference.mjs", name]
    process = Process([*script, url, authorization, query, json.dumps(variables or {})], log=folder / f"{name}.log")
    try:
        yield ReferenceClient(process)
    finally:
        process.kill()


@contextmanager
def reference_server(port: int, *, folder: Path) -> Iterator[Target]:
    """The servers that those who wrote the protocols wrote for them."""
    node.npm_ci(CLIENTS)
    process = Process([node.executable(), CLIENTS / "serve.mjs", str(port)], log=folder / "reference-server.log")

    def answers() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    try:
        process.wait_until(answers, seconds=30)
        yield Target(
            url=f"ws://127.0.0.1:{port}/graphql",
            stream_url=f"http://127.0.0.1:{port}/graphql",
            refused_init={"authorization": "refused"},
            init_seconds=1,
            slow="{ slow }",
            events="subscription { ticks }",
            silent="subscription { silence }",
            throws="subscription { breaks }",
        )
    finally:
        process.kill()


class Line:
    """Passes bytes between clients and a port of loopback until it is cut; a new connection is as good as the first."""

    def __init__(self, listener: socket.socket, port: int) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._server_port = port
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Both sides hear nothing more of each other."""
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._ends += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(listener, port)
        try:
            yield line
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            line.cut()
