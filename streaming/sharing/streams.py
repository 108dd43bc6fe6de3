"""The shared streams of one process: found by what they show, fed by the tailer, ended when nobody comes back."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from itertools import islice
from typing import Final

from models.engine import STATEMENT_TIMEOUT
from streaming.following import PlaceExpired, UnknownPlace
from streaming.log import ChangeRow
from streaming.place import Place
from streaming.ring import LogReplaced
from streaming.sharing.heads import Heads
from streaming.sharing.kept import Kept
from streaming.sharing.routes import Routes
from streaming.sharing.shared import SharedStream
from streaming.tailer import Tailer

#: Seconds that a stream outlives its last subscriber: those who come back from a short cut find it.
LINGER: Final = 30.0
#: Streams without a subscriber that are kept, the newest.
IDLE: Final = 500


class Streams:
    """By a key that holds everything that its frames depend on, the scope before all."""

    def __init__(self, tailer: Tailer, *, linger: float = LINGER, kept: Kept | None = None) -> None:
        self.tailer = tailer
        self.kept = kept or Kept()
        self._linger = linger
        self._heads = Heads(tailer.database)
        self._routes = Routes()
        self._streams: dict[Hashable, SharedStream] = {}
        self._opening: dict[Hashable, asyncio.Task[SharedStream]] = {}
        self._leaving: dict[Hashable, asyncio.TimerHandle] = {}
        self._delivered = 0
        tailer.listener = self

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def subscribers(self) -> int:
        return sum(map(len, self._streams.values()))

    @property
    def delivered(self) -> int:
        """How often something was written to someone, by streams that are over as well."""
        return self._delivered + sum(stream.delivered for stream in self._streams.values())

    @property
    def busy(self) -> bool:
        """Whether something that was read is yet to be delivered."""
        return any(stream.busy for stream in self._streams.values())

    async def get(self, key: Hashable, make: Callable[[], Awaitable[SharedStream]]) -> SharedStream:
        """The stream of that key, to be joined at once; `make` is asked for it once for all who want it while there is
        none. Raises what it raises."""
        while (stream := self._streams.get(key)) is None or stream.over:
            if stream is not None:
                self._remove(key)
            opening = self._opening.get(key)
            if opening is None:
                opening = self._opening[key] = asyncio.create_task(self._open(key, make))
            await asyncio.shield(opening)
        return stream

    async def start(self, after: Place | None) -> int:
        """The position to begin behind: of a place of this log that is still kept, or of its end as it is now.

        Reads nothing where the ring has all that follows: many come back at once after a restart. Raises UnknownPlace,
        PlaceExpired, LogReplaced and what the database raises."""
        ring = self.tailer.ring
        if after is not None and after.epoch == ring.epoch and ring.reaches(after.position):
            return after.position
        head = await self._heads.now()
        ring = self.tailer.ring
        if after is not None and (after.epoch != head.epoch or after.position > head.position):
            raise UnknownPlace
        if after is not None and after.position < head.kept_after:
            raise PlaceExpired
        if head.epoch != ring.epoch:
            raise LogReplaced
        self.tailer.look()
        async with asyncio.timeout(STATEMENT_TIMEOUT):
            await self.tailer.wait_beyond(head.position - 1)
        return head.position if after is None else after.position

    # ------------------------------------------------------------ what the tailer says

    def changes(self, changes: Sequence[ChangeRow]) -> None:
        for change in changes:
            for stream in self._routes.of(change):
                stream.feed(change)

    def ended(self, error: Exception) -> None:
        """Another log took the place of this one, or the process ends."""
        for key, stream in list(self._streams.items()):
            self._remove(key)
            stream.end(error)

    # ------------------------------------------------------------ coming and going

    async def _open(self, key: Hashable, make: Callable[[], Awaitable[SharedStream]]) -> SharedStream:
        try:
            stream = await make()
            self._streams[key] = stream
            self._routes.add(stream)
            stream.abandoned = lambda: self._expect_end(key)
            self._expect_end(key)
            return stream
        finally:
            del self._opening[key]

    def _expect_end(self, key: Hashable) -> None:
        if (leaving := self._leaving.pop(key, None)) is not None:
            leaving.cancel()
        self._leaving[key] = asyncio.get_running_loop().call_later(self._linger, self._remove_idle, key)
        # Whoever asks for one thing after the other leaves no more of them behind than that.
        for oldest in list(islice(self._leaving, max(0, len(self._leaving) - IDLE))):
            self._leaving[oldest].cancel()
            self._remove_idle(oldest)

    def _remove_idle(self, key: Hashable) -> None:
        del self._leaving[key]
        if not len(self._streams[key]):
            self._remove(key)

    def _remove(self, key: Hashable) -> None:
        if (leaving := self._leaving.pop(key, None)) is not None:
            leaving.cancel()
        stream = self._streams.pop(key)
        stream.abandoned = lambda: None
        self._delivered += stream.delivered
        self._routes.remove(stream)
        stream.close()
