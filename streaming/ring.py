"""The newest part of one log, kept in memory for all who follow it, and what wakes them."""

import asyncio
from collections import deque
from collections.abc import Sequence

from streaming.log import ChangeRow


class StartAfresh(Exception):
    """The stream cannot be gone on with from where the client is: it reads anew and follows from there."""


class LogReplaced(StartAfresh):
    """Another log took the place of the one that was followed, as a restore does."""


class StreamStopped(Exception):
    """The process ends; all that it had read is delivered. Another process goes on from the last place."""


class Ring:
    """The last `size` changes up to `position`, without a hole.

    Followers hold a position, nothing else, and ask for the change behind it: one that is too slow is no burden."""

    def __init__(self, epoch: str, position: int, *, size: int) -> None:
        self.epoch = epoch
        self.position = position
        self._changes: deque[ChangeRow] = deque(maxlen=size)
        self._moved = asyncio.Event()
        self._end: type[Exception] | None = None

    def extend(self, changes: Sequence[ChangeRow]) -> None:
        """Take in the changes that follow on `position`."""
        self._changes.extend(changes)
        self.position += len(changes)
        self._wake()

    def at(self, position: int) -> ChangeRow | None:
        """The change there, or None where the ring no longer reaches back to it."""
        behind = self.position - position
        return self._changes[-1 - behind] if 0 <= behind < len(self._changes) else None

    def reaches(self, position: int) -> bool:
        """Whether everything behind that position is here."""
        return self.position - len(self._changes) <= position <= self.position

    def replace(self) -> None:
        """It is of a log that is no more: followers end with LogReplaced, those who lag behind at once as well."""
        self._changes.clear()
        self.position = -1  # before any follower's
        self._end = LogReplaced
        self._wake()

    def close(self) -> None:
        """Nothing will follow: followers end with StreamStopped when they have all there is."""
        self._end = StreamStopped
        self._wake()

    async def wait_beyond(self, position: int) -> None:
        """Until there is a change behind that position. Raises LogReplaced and StreamStopped."""
        while self.position <= position:
            if self._end is not None:
                raise self._end
            await self._moved.wait()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
