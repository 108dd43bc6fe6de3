"""The one reader of the log in a process: it reads on as the log grows, and whoever follows hears of it."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import structlog

from models.database import Database
from streaming.backoff import Backoff
from streaming.connection import LogConnection
from streaming.hints import Hints
from streaming.log import ChangeRow, Head, OrderRow, open_log, read_head, read_tail
from streaming.ring import LogReplaced, Ring, StreamStopped

PAGE: Final = 1000  # changes that one statement fetches

log: structlog.stdlib.BoundLogger = structlog.get_logger("stream")


class GapInLog(Exception):
    """A position up to the head has no change. It cannot be, and is never passed over: the stream waits for it."""


class Listener(Protocol):
    """Is told of everything in the turn of the loop in which it is read."""

    def changes(self, changes: Sequence[ChangeRow]) -> None:
        """They follow on those of the call before."""

    def ended(self, error: Exception) -> None:
        """LogReplaced: what follows is of another log. StreamStopped: nothing follows."""


class Tailer:
    """Looks when a hint comes, and every `poll_seconds` without one. `healthy`: whether the last look succeeded.

    `ring` is of the log as it is now; after a restore it is another one."""

    def __init__(self, database: Database, hints: Hints, *, poll_seconds: float = 1.0, ring_size: int = 4096) -> None:
        self.database = database
        self.healthy = False
        self.listener: Listener | None = None
        self.ring = Ring("", 0, size=ring_size)
        self._orders: Mapping[int, OrderRow] = {}
        self._hints = hints
        self._connection = LogConnection(database)
        self._poll_seconds = poll_seconds
        self._ring_size = ring_size
        self._task: asyncio.Task[None] | None = None

    @property
    def epoch(self) -> str:
        return self.ring.epoch

    @property
    def position(self) -> int:
        """Up to where the log was read."""
        return self.ring.position

    async def start(self) -> None:
        """Reads up to the head. Raises what the database raises; later nothing that happens to it ends the reading."""
        async with open_log(self.database) as session:
            self.ring = self._ring_of(await read_head(session))
        with contextlib.suppress(GapInLog):  # the next look reports it
            while await self._look():
                pass
        self.healthy = True
        self._task = asyncio.create_task(self._run(), name="stream: read the log")

    async def stop(self) -> None:
        """Followers get what was read, then StreamStopped."""
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        await self._connection.close()
        self.healthy = False
        self.ring.close()
        if self.listener:
            self.listener.ended(StreamStopped())

    def look(self) -> None:
        """The log is known to have grown: do not wait for a hint or the time to look."""
        self._hints.wake()

    async def wait_beyond(self, position: int, timeout: float | None = None) -> int:  # noqa: ASYNC109  # an answer here
        """Until the log has grown beyond that position, or that many seconds; answers how far it was read.

        Raises LogReplaced and StreamStopped."""
        ring = self.ring
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await ring.wait_beyond(position)
        return ring.position

    def order_of(self, change: ChangeRow) -> OrderRow | None:
        """The row of its order as it was when the change was read, if that was just now."""
        return self._orders.get(change.position)

    async def _run(self) -> None:
        backoff, again = Backoff(), False
        while True:
            if not again:
                await self._hints.wait(self._poll_seconds)
            try:
                again = await self._look()
            except Exception as error:  # noqa: BLE001  # whatever a driver raises, reading goes on
                self._report(error)
                await backoff.pause()
                again = True
            else:
                self._report(None)
                backoff.reset()

    async def _look(self) -> bool:
        """Reads a page on; whether there is more. Raises GapInLog and what the database raises."""
        async with self._connection.reading() as (connection, driver):
            rows, orders = await read_tail(driver, after=self.position, limit=PAGE)
            # Rows that follow on say by themselves that all is well; where there are none, the head has to.
            if not rows or rows[0].epoch != self.epoch or rows[0].position != self.position + 1:
                head = await read_head(connection)
                # Trimmed beyond us, which takes a very long outage, is like replaced: what is lost cannot be followed.
                if head.epoch != self.epoch or not head.kept_after <= self.position <= head.position:
                    self._replace(head)
                    return True
                if head.position == self.position:
                    return False
                rows, orders = await read_tail(driver, after=self.position, limit=PAGE)
        whole = [row for expected, row in enumerate(rows, self.position + 1) if row.position == expected]
        if whole:
            self._orders = dict(zip((row.position for row in rows), orders, strict=True))
            self.ring.extend(whole)
            if self.listener:
                self.listener.changes(whole)
        if not whole or len(whole) < len(rows):
            raise GapInLog(f"position {self.position + 1} is missing")
        return len(rows) == PAGE

    def _replace(self, head: Head) -> None:
        log.warning("the log was replaced", old=(self.epoch, self.position), new=(head.epoch, head.position))
        replaced, self.ring = self.ring, self._ring_of(head)
        replaced.replace()
        if self.listener:
            self.listener.ended(LogReplaced())

    def _ring_of(self, head: Head) -> Ring:
        """One that will be full when it gets to the head, for clients who come back after our restart."""
        return Ring(head.epoch, max(head.kept_after, head.position - self._ring_size), size=self._ring_size)

    def _report(self, error: Exception | None) -> None:
        if error is not None and self.healthy:
            # Only what we say ourselves: a driver's text could quote its url.
            reason = str(error) if isinstance(error, GapInLog) else type(error).__name__
            log.error("the log cannot be read; trying again", reason=reason, position=self.position)
        elif error is None and not self.healthy:
            log.info("the log is read again", position=self.position)
        self.healthy = error is None
