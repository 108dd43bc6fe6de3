"""What all shared streams have in common: who follows, how a frame reaches them, when it is over."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import islice
from typing import Final

import structlog

from streaming.interest import Interest
from streaming.log import ChangeRow
from streaming.sharing.frame import Frame, header_of
from streaming.sharing.line import Line
from streaming.tailer import Tailer

#: Writes between two turns of the loop, so that one change for very many does not keep everyone else waiting.
SLICE: Final = 500
#: The position of one who has left: behind every frame, so that none is sent.
GONE: Final = 2**64

log: structlog.stdlib.BoundLogger = structlog.get_logger("stream")


class RenderLater(Exception):
    """What a payload is made of cannot be read now."""


Render = Callable[[Sequence[object]], Awaitable[list[bytes]]]
"""The JSON of a result for each value of the root field; what they need is read for all at once. Raises RenderLater."""


class Subscriber:
    """Where to write, what stands before each payload, and the position reached: no task, no queue.

    `ended` is called once where the stream ends by itself, with what is wrong, or None where nothing is."""

    __slots__ = ("ended", "line", "position", "prefix", "stream")

    def __init__(self, line: Line, prefix: bytes, ended: Callable[[Exception | None], None]) -> None:
        self.line = line
        self.prefix = prefix
        self.ended = ended
        self.position = GONE
        self.stream: SharedStream | None = None

    def resume(self) -> None:
        """There is room on the line again."""
        if self.stream is not None:
            self.stream.serve(self)

    def leave(self) -> None:
        """Nothing more is written to it, from now on."""
        if self.stream is not None:
            self.stream.leave(self)


class SharedStream(ABC):
    """One document, one scope. `live` have all there is; the others are on their way, or wait for room.

    `abandoned` is called when the last one leaves."""

    def __init__(self, tailer: Tailer, interest: Interest, render: Render) -> None:
        self.interest = interest
        self.over = False
        #: How often something was written to someone.
        self.delivered = 0
        self.abandoned: Callable[[], None] = lambda: None
        self._tailer = tailer
        self._render = render
        self._members: dict[Subscriber, None] = {}
        self._live: dict[Subscriber, None] = {}
        #: Those for whom something must be read or rendered first.
        self._awaiting: dict[Subscriber, None] = {}
        self._working: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._members)

    @abstractmethod
    def feed(self, change: ChangeRow) -> None:
        """A change of interest, in the order of the log."""

    @abstractmethod
    def serve(self, subscriber: Subscriber) -> None:
        """Writes what it lacks as far as there is room and it is at hand, and sees to the rest."""

    def join(self, subscriber: Subscriber, position: int) -> None:
        """From this position on. Nothing of what comes behind it is left out or sent twice."""
        subscriber.stream, subscriber.position = self, position
        self._members[subscriber] = None
        self.serve(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        if subscriber.stream is not self:
            return
        subscriber.stream, subscriber.position = None, GONE
        self._live.pop(subscriber, None)
        self._awaiting.pop(subscriber, None)
        subscriber.line.forget(subscriber)
        self._members.pop(subscriber, None)
        if not self._members:
            self.abandoned()

    def end(self, error: Exception | None) -> None:
        """It is over for all of them, and for those who come later."""
        self.over = True
        for subscriber in list(self._members):
            self.leave(subscriber)
            subscriber.ended(error)

    def close(self) -> None:
        """Nobody follows it any more."""
        for task in self._working.values():
            task.cancel()

    @property
    def busy(self) -> bool:
        """Whether something is yet to be rendered or delivered."""
        return bool(self._working)

    def _work(self, name: str, work: Callable[[], Coroutine[object, object, None]]) -> None:
        """Does it beside everything else, unless it is being done: it goes on for as long as there is some to do."""
        if name not in self._working:
            self._working[name] = asyncio.create_task(self._watched(name, work))

    async def _watched(self, name: str, work: Callable[[], Coroutine[object, object, None]]) -> None:
        try:
            await work()
        except Exception as error:
            log.exception("a shared stream has failed", work=name)
            self.end(error)
        finally:
            del self._working[name]

    async def _deliver(self, frame: Frame) -> None:
        """To all who are live; one that has no room left waits for it."""
        subscribers = iter(list(self._live))
        while batch := list(islice(subscribers, SLICE)):
            self.delivered += len(batch)
            for subscriber in _written(frame, batch):
                self._live.pop(subscriber, None)
                subscriber.line.wait(subscriber)
            if len(batch) == SLICE:
                await asyncio.sleep(0)


def _written(frame: Frame, batch: list[Subscriber]) -> list[Subscriber]:
    """Those who have no room left after it. Everything here is done once for each of very many."""
    position, body = frame.position, frame.body
    full: list[Subscriber] = []
    size, header = -1, b""
    for subscriber in batch:
        if subscriber.position >= position:
            continue
        subscriber.position = position
        line, prefix = subscriber.line, subscriber.prefix
        if line.write is None:
            if not line.send(prefix, frame):
                full.append(subscriber)
            continue
        # Clients give their operations ids of one length, so the header is made once for most of them.
        if len(prefix) != size:
            size = len(prefix)
            header = header_of(size + len(body))
        line.write(header + prefix + body)
        if line.full:
            full.append(subscriber)
    return full
