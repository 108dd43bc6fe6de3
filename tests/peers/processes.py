"""Processes that tests start, wait for and kill; the other peers are made of them."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it comes without types

REPOSITORY = Path(__file__).resolve().parents[2]
LEASH = Path(__file__).with_name("leash.py")
# Below the range that systems take client ports from: a client that retries towards a dead server could otherwise be
# given the server's own port, talk to itself and keep the server from coming back.
PORTS = range(12_000, 32_000)
# A leash ends with the thread that holds it, and threads of asyncio end with their loop: this one ends with the run.
STARTER = ThreadPoolExecutor(max_workers=1)
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")


def free_port() -> int:
    """A loopback port nobody listens on, drawn by the system: workers with one random seed would all draw the same."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def eventually(condition: Callable[[], bool], *, what: str, seconds: float = 10.0) -> None:
    """Wait until the condition holds. Raises TimeoutError, naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} seconds")
        time.sleep(0.01)


def leashed(
    command: Sequence[str | Path], *, user: tuple[int, int] | None, farewell: signal.Signals = signal.SIGTERM
) -> list[str | Path]:
    """The command that runs the given one as the user (uid and gid; None: as we are) and ends it when we end."""
    owner = ":".join(map(str, user)) if user else ""
    return [sys.executable, "-I", "-S", LEASH, str(os.getpid()), str(int(farewell)), owner, *command]


class Process:
    """One command, leader of its own group, its output appended to a log file, on a leash held by the test run."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: tuple[int, int] | None = None,
        farewell: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._farewell = farewell
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        with log.open("ab") as output:
            self._process = STARTER.submit(
                subprocess.Popen,
                leashed(command, user=user, farewell=farewell),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/" if user else REPOSITORY,
                env={**kept, **(environment or {})},
                start_new_session=True,
            ).result()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Raises RuntimeError with the end of the log when the process ends first or is too late."""
        try:
            eventually(lambda: not self.running or ready(), what="ready", seconds=seconds)
        except TimeoutError as error:
            raise RuntimeError(f"{error}; {self.log_end()}") from error
        if not self.running:
            raise RuntimeError(f"ended with {self._process.returncode}; {self.log_end()}")

    def stop(self, *, seconds: float = 45.0) -> int:
        """Ask the leader to end, kill what remains after that time, and answer the exit status."""
        if self.running:
            self._process.send_signal(self._farewell)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        self._kill_group()
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL for the leader and every descendant at once, also for those that have left its group."""
        family: list[psutil.Process] = []
        if self.running:
            self._process.send_signal(signal.SIGSTOP)  # so that it starts nothing between the listing and the killing
            family = psutil.Process(self.pid).children(recursive=True)
        self._kill_group()
        for member in family:
            # It refuses to signal a process that merely has the id of one that is gone.
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self._process.wait()
        eventually(lambda: not any(map(_lives, family)), what="the end of all descendants")

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def log_end(self) -> str:
        """The last lines of the log, for messages of failed tests."""
        return "log ends:\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
