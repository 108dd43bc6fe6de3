"""Our own programs as tests run them: over HTTP on a free loopback port, stopped, killed and started again."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.peers.processes import REPOSITORY, Process, free_port


class Server:
    """`python server.py` on a free loopback port, ready when /readyz answers 200."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], program: str = "server.py") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{Path(program).stem}-{self.port}.log"
        self._program = program
        self._environment = {**environment, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self._process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Raises AssertionError before the first start."""
        assert self._process is not None
        return self._process.pid

    def start(self, *, seconds: float = 30.0) -> None:
        """Start it, again on the same port after stop() or kill(). Raises RuntimeError when it does not get ready."""
        command = [sys.executable, str(REPOSITORY / self._program)]
        self._process = Process(command, log=self.log, environment=self._environment)
        try:
            self._process.wait_until(lambda: self.status("/readyz") == 200, seconds=seconds)
        except RuntimeError:
            self._process.kill()
            raise

    def stop(self) -> int:
        """SIGTERM, as an orderly shutdown does; answers the exit status."""
        return self._process.stop() if self._process else 0

    def kill(self) -> None:
        """SIGKILL for it and all its workers."""
        if self._process:
            self._process.kill()

    def status(self, path: str) -> int:
        """The HTTP status of a GET, 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
