"""One server process of a shop, on a port of its own, which can be started again after its death."""

import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import httpx2

from tests.peers.processes import eventually, free_port
from tests.proof.nursery import Nursery


class Node:
    """`environment` is its settings but for the port; it is not started yet."""

    def __init__(self, nursery: Nursery, environment: Mapping[str, str], log: Path) -> None:
        self._nursery, self._log, self._pid = nursery, log, 0
        port = free_port()
        self._environment = {**environment, "HOST": "127.0.0.1", "PORT": str(port)}
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Raises TimeoutError when it does not get ready."""
        self._pid = self._nursery.start(self._environment, log=self._log)
        eventually(self._ready, what="ready", seconds=30)

    def lives(self) -> bool:
        try:
            os.kill(self._started(), 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._started(), signal.SIGKILL)
        eventually(lambda: not self.lives(), what="dead")

    def _started(self) -> int:
        assert self._pid > 0  # 0 would be all of the tests' own processes
        return self._pid

    def _ready(self) -> bool:
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(f"{self.url}/readyz", timeout=10).status_code == 200
        return False
