"""A shared stream of a state: what it is now, then again when it has changed; whoever is slow gets the newest only."""

import asyncio
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from streaming.backoff import Backoff
from streaming.interest import Interest
from streaming.log import ChangeRow
from streaming.sharing.frame import Frame
from streaming.sharing.shared import Render, RenderLater, SharedStream, Subscriber
from streaming.tailer import Tailer


class Latest(Protocol):
    """What is followed. `pause`: seconds between two frames at the least."""

    interest: Interest
    pause: float

    def takes(self, change: ChangeRow) -> bool:
        """Whether it may be different after this change."""

    async def value(self) -> tuple[int, object] | None:
        """A number that rises when it is different, and what it is for the root field; None where there is none.

        Raises what the database raises."""


class LatestStream(SharedStream):
    """Positions of its frames are the numbers of what it follows."""

    def __init__(self, tailer: Tailer, latest: Latest, render: Render) -> None:
        super().__init__(tailer, latest.interest, render)
        self._latest = latest
        self._current: Frame | None = None
        self._changed = True
        self._shown = -1
        self._due = 0.0
        self._woken = asyncio.Event()

    def join(self, subscriber: Subscriber, position: int) -> None:  # noqa: ARG002 # a state has no past to begin in
        """As it is now, wherever in the log that is."""
        super().join(subscriber, -1)

    def feed(self, change: ChangeRow) -> None:
        if self._latest.takes(change):
            self._changed = True
            if self._live:
                self._work("refresh", self._refresh)

    def serve(self, subscriber: Subscriber) -> None:
        if self._changed or self._current is None:
            self._awaiting[subscriber] = None
            self._woken.set()
            self._work("refresh", self._refresh)
        elif subscriber.position >= self._current.position:
            subscriber.line.caught_up()
            self._live[subscriber] = None
        elif subscriber.line.full:
            subscriber.line.wait(subscriber)
        else:
            subscriber.position = self._current.position
            self.delivered += 1
            if subscriber.line.send(subscriber.prefix, self._current):
                subscriber.line.caught_up()
                self._live[subscriber] = None
            else:
                subscriber.line.wait(subscriber)

    async def _refresh(self) -> None:
        """Until everyone has the newest. Those who wait for their first get it at once, the others when it is due."""
        loop = asyncio.get_running_loop()
        while True:
            left = self._due - loop.time()
            if self._changed and (self._awaiting or left <= 0) and not await self._renew():
                return
            self._serve_awaiting()
            if self._current is not None and self._shown < self._current.position:
                if left <= 0:
                    self._shown, self._due = self._current.position, loop.time() + self._latest.pause
                    await self._deliver(self._current)
            elif not self._changed and not self._awaiting:
                return
            if left > 0:
                await self._sleep(left)

    async def _renew(self) -> bool:
        """Whether there still is something to follow."""
        backoff = Backoff()
        while True:
            self._changed = False
            try:
                found = await self._latest.value()
                if found is None:
                    self.end(None)
                    return False
                number, value = found
                if self._current is None or number > self._current.position:
                    [payload] = await self._render([value])
                    self._current = Frame(number, payload, None)
                return True
            except (SQLAlchemyError, OSError, RenderLater):
                self._changed = True
                await backoff.pause()

    def _serve_awaiting(self) -> None:
        awaiting, self._awaiting = self._awaiting, {}
        for subscriber in awaiting:
            self.serve(subscriber)

    async def _sleep(self, seconds: float) -> None:
        """Or until someone comes."""
        self._woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
