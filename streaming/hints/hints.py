"""The stream's view of hints: say that the log has grown, wait until it may have, know whether that works."""

import asyncio
import contextlib
import logging
import math
import secrets
import time

from broadcaster import Broadcast

from streaming.hints.backend import CHANNEL, RESYNC

HEARTBEAT_SECONDS = 5.0
SEND_SECONDS = 1.0  # how long one message may take
FIRST_PAUSE = 0.1  # seconds before a failed hint is sent again, doubled up to the heartbeat's
BEATS_TO_RESTART = 3
HEARTBEAT = "hb:"

logger = logging.getLogger(__name__)


class Hints:
    """Wakes the one reader of the log in this process. Everything here is best effort: the reader polls as well.

    `failures` counts messages that could not be sent. `last_heard` is when our own heartbeat last came back, by
    time.monotonic().
    """

    def __init__(self, broadcast: Broadcast, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self.failures = 0
        self.last_heard = -math.inf
        self._broadcast = broadcast
        self._seconds = heartbeat_seconds
        self._heartbeat = f"{HEARTBEAT}{secrets.token_hex(8)}"
        self._wake = asyncio.Event()
        self._beat_due = asyncio.Event()
        self._send_due = asyncio.Event()
        self._position = 0
        self._sending_works = True
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def healthy(self) -> bool:
        """Whether hints arrive: our messages go out, and our own heartbeats come back."""
        return self._sending_works and time.monotonic() - self.last_heard < 2 * self._seconds + SEND_SECONDS

    async def start(self) -> None:
        """Begin, at once and without an error whatever state the broker is in."""
        # Tasks run in the order they are made: subscribing comes before connecting, whose RESYNC must not be missed.
        jobs = (self._receive(), self._send_positions(), self._beat())
        self._tasks = {asyncio.create_task(job) for job in jobs}
        await self._broadcast.connect()

    async def stop(self) -> None:
        """End, after one last attempt to send what is unsent."""
        if self._send_due.is_set():
            await self._send(str(self._position))
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SEND_SECONDS)
        await self._disconnect()

    async def publish(self, position: int) -> None:
        """Say that the log has reached this position. A task sends it on, so that nobody waits for a broker."""
        self._position = max(self._position, position)
        self._send_due.set()
        if not self.healthy:
            self._wake.set()  # this process at least need not wait for its poll

    def wake(self) -> None:
        """This process has seen by itself that the log has grown."""
        self._wake.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109  # running out of time is an answer here
        """Wait at most that many seconds; True if the log may have grown since the last call."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    async def _receive(self) -> None:
        async with self._broadcast.subscribe(CHANNEL) as subscription:
            while True:
                message = (await subscription.get()).message
                if message == self._heartbeat:
                    self.last_heard = time.monotonic()
                elif message == RESYNC:
                    self._beat_due.set()  # so that a new connection is known to work at once
                    self._wake.set()
                elif not message.startswith(HEARTBEAT):
                    # Not parsed: what cannot be understood may be a newer release's hint, and looking costs little.
                    self._wake.set()

    async def _send_positions(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._send_due.wait()
            position = self._position
            if await self._send(str(position)):
                pause = FIRST_PAUSE
                if position == self._position:
                    self._send_due.clear()
            else:
                self._wake.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._seconds)

    async def _beat(self) -> None:
        restarted = time.monotonic()
        while True:
            await self._send(self._heartbeat)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._beat_due.wait()
            self._beat_due.clear()
            if time.monotonic() - max(self.last_heard, restarted) > BEATS_TO_RESTART * self._seconds:
                # A connection can be dead without an error, and broadcaster's own task can have ended.
                logger.warning("hints: own heartbeats do not arrive, connecting anew")
                await self._disconnect()
                await self._broadcast.connect()
                restarted = time.monotonic()

    async def _send(self, message: str) -> bool:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._broadcast.publish(CHANNEL, message)
        except Exception as error:  # noqa: BLE001  # a hint must not fail its sender, whatever the driver raises
            self.failures += 1
            if self._sending_works:
                logger.warning("hints: not sent (%s); delivery goes on by polling", type(error).__name__)
            self._sending_works = False
            return False
        if not self._sending_works:
            logger.info("hints: sending again")
            self._sending_works = True
            self._beat_due.set()
        return True

    async def _disconnect(self) -> None:
        try:
            await self._broadcast.disconnect()
        except Exception as error:  # noqa: BLE001  # it raises again what ended its listener
            logger.warning("hints: disconnecting failed (%s)", type(error).__name__)
