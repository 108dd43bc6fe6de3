"""A shared stream of events: each change is a frame of its own, from any place that a subscriber names."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from streaming.backoff import Backoff
from streaming.following import PlaceExpired
from streaming.interest import Interest
from streaming.log import ChangeRow, place_of
from streaming.ring import LogReplaced
from streaming.sharing.frame import Frame
from streaming.sharing.kept import Kept, Shelf
from streaming.sharing.past import NotRead, Past
from streaming.sharing.shared import Render, RenderLater, SharedStream, Subscriber
from streaming.tailer import Tailer

#: Frames that are rendered at once: what they need is read together, and nothing else happens while they are made.
ABREAST: Final = 16
#: Frames that one subscriber is given in one write.
TOGETHER: Final = 64
#: What a frame weighs beside its bytes.
FRAME: Final = 400
#: Changes that wait to be rendered; when there are more, everyone catches up by the past instead.
BACKLOG: Final = 2000


@dataclass(frozen=True, slots=True)
class Events:
    """`value`: what a change is for the root field."""

    interest: Interest
    value: Callable[[ChangeRow], object]


class EventStream(SharedStream):
    """`kept`: where it keeps its rendered past, for those who come back. Of that no stream has more than 4 MiB."""

    def __init__(self, tailer: Tailer, events: Events, render: Render, kept: Kept) -> None:
        super().__init__(tailer, events.interest, render)
        self._value = events.value
        self._kept = kept
        self._past = Past(tailer, events.interest, kept)
        self._ring = tailer.ring
        #: Everyone who is live has all up to `_settled`, and is being given what is up to `_delivered`.
        self._settled = self._delivered = tailer.position
        self._pending: deque[ChangeRow] = deque()
        self._frames: Shelf[Frame] = Shelf(most=4 * 2**20, least=2 * TOGETHER)

    def close(self) -> None:
        super().close()
        self._kept.clear(self._frames)
        self._past.close()

    def feed(self, change: ChangeRow) -> None:
        self._past.append(change)
        if not self._live and not self._pending:
            return
        self._pending.append(change)
        if len(self._pending) > BACKLOG:
            self._fall_behind()
        else:
            self._work("deliver", self._deliver_pending)

    def serve(self, subscriber: Subscriber) -> None:
        if subscriber.line.full:
            return subscriber.line.wait(subscriber)
        upto = self._reached
        while True:
            try:
                changes = self._past.behind(subscriber.position, upto=upto, limit=TOGETHER)
            except NotRead as missing:
                # Between its position and there is nothing of interest.
                subscriber.position = missing.position
                return self._await(subscriber)
            frames = self._rendered(changes, subscriber.line.room.budget)
            if frames:
                subscriber.position = frames[-1].position
                self.delivered += len(frames)
                if not subscriber.line.send_all(subscriber.prefix, frames):
                    return subscriber.line.wait(subscriber)
            elif changes:
                return self._await(subscriber)
            else:
                subscriber.position = max(subscriber.position, upto)
                subscriber.line.caught_up()
                self._live[subscriber] = None
                return None

    @property
    def _reached(self) -> int:
        """What comes behind it is delivered to all who are live; what comes before each fetches for itself."""
        if not self._pending:
            self._delivered = self._ring.position
        return self._delivered

    def _await(self, subscriber: Subscriber) -> None:
        self._awaiting[subscriber] = None
        self._work("catch up", self._catch_up)

    def _fall_behind(self) -> None:
        for subscriber in self._live:
            subscriber.position = max(subscriber.position, self._settled)
            self._awaiting[subscriber] = None
        self._live.clear()
        self._pending.clear()
        self._work("catch up", self._catch_up)

    def _rendered(self, changes: Sequence[ChangeRow], budget: int) -> list[Frame]:
        """The first of them, as far as they are at hand, and no more than fill that budget."""
        frames: list[Frame] = []
        for change in changes:
            frame = self._frames.get(change.position)
            if frame is None or budget <= 0:
                break
            frames.append(frame)
            budget -= len(frame.body)
        return frames

    # ------------------------------------------------------------ live

    async def _deliver_pending(self) -> None:
        while self._pending:
            batch = [self._pending[place] for place in range(min(ABREAST, len(self._pending)))]
            for frame in await self._frames_of(batch):
                # They are gone where all fell behind meanwhile.
                if self._pending and self._pending[0].position == frame.position:
                    self._settled, self._delivered = self._delivered, frame.position
                    await self._deliver(frame)
                    if self._pending and self._pending[0].position == frame.position:
                        self._pending.popleft()

    async def _frames_of(self, changes: Sequence[ChangeRow]) -> list[Frame]:
        """While they cannot be rendered it tries again: what is committed is never left out."""
        backoff = Backoff()
        while True:
            try:
                return await self._made(changes)
            except RenderLater:
                await backoff.pause()

    async def _made(self, changes: Sequence[ChangeRow]) -> list[Frame]:
        """Rendered once for all."""
        frames = {change.position: self._frames.get(change.position) for change in changes}
        missing = [change for change in changes if frames[change.position] is None]
        payloads = await self._render([self._value(change) for change in missing]) if missing else []
        for change, payload in zip(missing, payloads, strict=True):
            frame = frames[change.position] = Frame(change.position, payload, place_of(change).encode())
            self._kept.put(self._frames, frame.position, frame, FRAME + len(frame.body))
        return [frame for frame in frames.values() if frame is not None]

    # ------------------------------------------------------------ catching up

    async def _catch_up(self) -> None:
        backoff = Backoff()
        while self._awaiting:
            furthest = min(subscriber.position for subscriber in self._awaiting)
            try:
                async with self._kept.turn(self._frames, self._past.pages):
                    await self._provide(furthest)
                    await self._serve_awaiting()
            except (PlaceExpired, LogReplaced) as error:
                self._refuse(furthest, error)
            except (RenderLater, SQLAlchemyError, OSError):
                await backoff.pause()
            else:
                backoff.reset()

    async def _provide(self, position: int) -> None:
        """Whatever the subscriber at that position lacks for its next step."""
        try:
            changes = self._past.behind(position, upto=self._reached, limit=TOGETHER)
        except NotRead as unread:
            await self._past.read(unread.position)
            try:
                changes = self._past.behind(unread.position, upto=self._reached, limit=TOGETHER)
            except NotRead:
                return  # that page has nothing of interest; the next one may
        missing = [change for change in changes if change.position not in self._frames]
        for first in range(0, len(missing), ABREAST):
            await self._made(missing[first : first + ABREAST])

    def _refuse(self, position: int, error: Exception) -> None:
        for subscriber in [each for each in self._awaiting if each.position <= position]:
            self.leave(subscriber)
            subscriber.ended(error)

    async def _serve_awaiting(self) -> None:
        for place, subscriber in enumerate(list(self._awaiting)):
            if self._awaiting.pop(subscriber, self) is None:
                self.serve(subscriber)
            if place % 20 == 19:
                await asyncio.sleep(0)
