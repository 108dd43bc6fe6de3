"""Joining shared streams as tests do: by wires that take so many frames, of what is rendered by counting."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from models.database import Database
from streaming.interest import Interest
from streaming.log import ChangeRow
from streaming.place import Place
from streaming.sharing.events import Events, EventStream
from streaming.sharing.frame import Frame
from streaming.sharing.line import Line, Room
from streaming.sharing.shared import RenderLater, SharedStream, Subscriber
from streaming.sharing.streams import Streams
from streaming.tailer import Tailer
from tests.asking import listen
from tests.streaming.lives import ALL, opened, tailing


class Wire(Line):
    """Takes `width` frames, then none until it is read; `sent` are positions."""

    def __init__(self, width: int = 10**9) -> None:
        super().__init__(Room(), self._give_up)
        self.sent: list[int] = []
        self.width = self.left = width
        self.most = 0
        self.gave_up = False

    def send(self, prefix: bytes, frame: Frame) -> bool:
        return self.send_all(prefix, [frame])

    def send_all(self, prefix: bytes, frames: Sequence[Frame]) -> bool:
        self.sent += [frame.position for frame in frames]
        self.left -= len(frames)
        self.most = max(self.most, -self.left)
        return self.left > 0

    def read(self) -> None:
        self.left = self.width
        self.has_room()

    def _give_up(self) -> None:
        self.gave_up = True


class Rendering:
    """Counts; fails as often as it is told to."""

    def __init__(self) -> None:
        self.rendered: list[int] = []
        self.failures = 0

    async def __call__(self, values: Sequence[object]) -> list[bytes]:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise RenderLater
        for value in values:
            assert isinstance(value, int)
            self.rendered.append(value)
        return [orjson.dumps({"data": value}) for value in values]


def subscribed(wire: Line) -> tuple[Subscriber, list[Exception | None]]:
    ends: list[Exception | None] = []
    return Subscriber(wire, b"", ends.append), ends


@asynccontextmanager
async def sharing(url: str, **how: int) -> AsyncIterator[tuple[Database, Tailer, Streams]]:
    async with opened(url) as database, tailing(database, **how) as tailer:
        yield database, tailer, Streams(tailer, linger=0.05)


async def events(streams: Streams, render: Rendering, interest: Interest = ALL, key: object = "key") -> SharedStream:
    async def make() -> SharedStream:
        return EventStream(streams.tailer, Events(interest, position_of), render, streams.kept)

    return await streams.get(key, make)


def position_of(change: ChangeRow) -> int:
    return int(change.position)


async def join(
    streams: Streams, render: Rendering, wire: Wire, after: Place | None = None, interest: Interest = ALL
) -> tuple[Subscriber, list[Exception | None]]:
    subscriber, ends = subscribed(wire)
    position = await streams.start(after)
    (await events(streams, render, interest)).join(subscriber, position)
    return subscriber, ends


def count_statements(database: Database) -> list[str]:
    texts: list[str] = []
    listen(database, lambda *told: texts.append(told[2]))
    return texts
