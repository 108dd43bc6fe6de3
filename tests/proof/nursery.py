"""Server processes within a blink: everything is imported once, and each server is a fork of that, killed like any.

`python -m tests.proof.nursery` reads a line of JSON for each server to start and answers with its process id."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.peers.leash import PR_SET_PDEATHSIG
from tests.peers.processes import KEPT_VARIABLES, REPOSITORY, STARTER, leashed


class Nursery:
    """`with Nursery(log) as nursery: nursery.start(environment, log=…)`. What is still alive at the end, ends."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as output:
            self._process = STARTER.submit(
                subprocess.Popen,
                leashed([sys.executable, "-m", "tests.proof.nursery"], user=None, farewell=signal.SIGKILL),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=REPOSITORY,
                env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
                start_new_session=True,
                text=True,
            ).result()
        return self

    def __exit__(self, *_: object) -> None:
        process = self._running()
        process.communicate()
        process.wait(timeout=10)

    def start(self, environment: Mapping[str, str], *, log: Path) -> int:
        """The process id of a new `python server.py`; it is not ready yet. Raises AssertionError without a nursery."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"environment": dict(environment), "log": str(log)}) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"the nursery is gone; {self._log.read_text()[-2000:]}"
        return int(answer)

    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process


def main() -> None:
    import gateways.payments.stripe.provider  # noqa: F401, PLC0415 (what a server would import as it starts)
    import server  # noqa: PLC0415 (only this process is to have it)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
            server.main()
            return
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _become(asked: dict[str, Any]) -> None:
    """A process of its own, that ends with the nursery."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    with contextlib.suppress(AttributeError):  # only Linux has it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(int(signal.SIGKILL)), 0, 0, 0)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(asked["environment"])


if __name__ == "__main__":
    main()
