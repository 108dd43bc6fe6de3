"""Shared streams: rendered once, from any place, whatever room the lines have; routed by key; ended when over."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import orjson
import pytest

from models.database import Database
from models.order import OrderStatus
from streaming.following import PlaceExpired, UnknownPlace
from streaming.interest import Interest
from streaming.log import ChangeRow, current_place
from streaming.place import Place
from streaming.ring import LogReplaced, StreamStopped
from streaming.sharing import past
from streaming.sharing.events import Events, EventStream
from streaming.sharing.frame import Frame, header_of, prefix_of
from streaming.sharing.kept import Kept
from streaming.sharing.latest import LatestStream
from streaming.sharing.line import Line, Room
from streaming.sharing.queue import QueueLine
from streaming.sharing.shared import RenderLater, SharedStream, Subscriber
from streaming.sharing.streams import Streams
from streaming.tailer import Tailer
from tests.asking import listen
from tests.streaming.lives import ALL, eventually, new_life, opened, run, tailing, whole_log, write, write_at_random


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
        return EventStream(streams.tailer, Events(interest, _position), render, streams.kept)

    return await streams.get(key, make)


def _position(change: ChangeRow) -> int:
    return int(change.position)


async def join(
    streams: Streams, render: Rendering, wire: Wire, after: Place | None = None, interest: Interest = ALL
) -> tuple[Subscriber, list[Exception | None]]:
    subscriber, ends = subscribed(wire)
    position = await streams.start(after)
    (await events(streams, render, interest)).join(subscriber, position)
    return subscriber, ends


def test_many_subscribers_cost_one_rendering(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render = await new_life(database), Rendering()
            wires = [Wire() for _ in range(1200)]
            for wire in wires:
                await join(streams, render, wire)
            await write(database, life, 5)

            await eventually(lambda: all(len(wire.sent) == 5 for wire in wires))
            assert all(wire.sent == render.rendered for wire in wires)
            assert render.rendered == [row.position for row in (await whole_log(database))[1:]]

    run(story())


@pytest.mark.parametrize("seed", range(3))
def test_whoever_joins_anywhere_with_any_room_gets_each_once_and_in_order(database_url: str, seed: int) -> None:
    """Beyond the ring of the tailer as well, while others write, read slowly and leave."""

    async def story() -> None:
        chance = random.Random(seed)
        async with sharing(database_url, ring_size=40) as (database, tailer, streams):
            lives = [await new_life(database) for _ in range(3)]
            await write_at_random(database, lives, 150, chance)
            await eventually(lambda: tailer.position == 153)
            interest = Interest(customer_id=lives[0].customer_id)
            render, joined = Rendering(), []
            for _ in range(30):
                after = chance.choice([None, chance.randint(0, tailer.position)])
                wire = Wire(chance.choice([1, 3, 10**9]))
                place = None if after is None else Place(tailer.epoch, after)
                subscriber, ends = await join(streams, render, wire, place, interest)
                joined.append((wire, subscriber.position if after is None else after, ends))
                await write_at_random(database, lives, chance.randint(1, 4), chance)
                chance.choice(joined)[0].read()
            mine = [row.position for row in await whole_log(database) if row.customer_id == lives[0].customer_id]

            def all_have_all() -> bool:
                for wire, _, _ in joined:
                    wire.read()
                return all(wire.sent[-1:] == [each for each in mine if each > after][-1:] for wire, after, _ in joined)

            await eventually(all_have_all)
            for wire, after, ends in joined:
                assert wire.sent == [position for position in mine if position > after]
                assert ends == []
                assert wire.most <= 64  # one write more than it had room for
            assert len(render.rendered) == len(set(render.rendered))

    run(story())


def test_one_who_reads_nothing_is_a_position_and_no_burden(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render = await new_life(database), Rendering()
            stalled, reader = Wire(1), Wire()
            await join(streams, render, stalled)
            await join(streams, render, reader)
            await write(database, life, 200)

            await eventually(lambda: len(reader.sent) == 200)
            assert len(stalled.sent) == 1
            stalled.width = 10**9
            stalled.read()
            await eventually(lambda: stalled.sent == reader.sent)
            assert len(render.rendered) == 200  # what it had missed was there

    run(story())


def test_patience_with_one_who_reads_nothing_ends() -> None:
    async def story() -> None:
        wire = Wire()
        wire.room = Room(patience=0.01)
        subscriber, _ = subscribed(wire)
        wire.wait(subscriber)
        await eventually(lambda: wire.gave_up)
        wire.gave_up = False
        wire.wait(subscriber)
        wire.has_room()
        await asyncio.sleep(0.03)
        assert not wire.gave_up

    run(story())


def test_patience_with_one_who_reads_a_little_ends_as_well() -> None:
    async def story() -> None:
        wire = Wire()
        wire.room = Room(patience=30, behind=0.05)
        subscriber, _ = subscribed(wire)

        def reads_a_little() -> bool:
            wire.wait(subscriber)
            wire.has_room()
            wire.wait(subscriber)
            return wire.gave_up

        await eventually(reads_a_little)
        wire.caught_up()
        wire.has_room()
        wire.gave_up = False
        assert not reads_a_little()  # from the start again
        wire.close()

    run(story())


def test_what_cannot_be_rendered_now_is_rendered_later_and_left_out_never(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render, wire = await new_life(database), Rendering(), Wire()
            await join(streams, render, wire)
            render.failures = 4
            await write(database, life, 3)

            await eventually(lambda: len(wire.sent) == 3)
            assert wire.sent == sorted(render.rendered)

    run(story())


def test_a_storm_after_a_restart_reads_nothing_that_the_ring_has(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            await write(database, await new_life(database), 120)
            await eventually(lambda: tailer.position == 121)
            render, wires = Rendering(), [Wire() for _ in range(200)]
            statements = count_statements(database)
            await asyncio.gather(
                *(join(streams, render, wire, Place(tailer.epoch, 1 + n % 7)) for n, wire in enumerate(wires))
            )

            await eventually(lambda: all(wire.sent[-1:] == [121] for wire in wires))
            assert [text for text in statements if "position >" in text and "position <=" in text] == []
            assert len(render.rendered) == 120

    run(story())


def test_a_storm_reads_each_page_of_an_old_log_once(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url, ring_size=10) as (database, tailer, streams):
            await write(database, await new_life(database), 450)
            await eventually(lambda: tailer.position == 451)
            render, wires = Rendering(), [Wire() for _ in range(100)]
            statements = count_statements(database)
            await asyncio.gather(
                *(join(streams, render, wire, Place(tailer.epoch, n % 90)) for n, wire in enumerate(wires))
            )

            await eventually(lambda: all(wire.sent[-1:] == [451] for wire in wires))
            assert len([text for text in statements if "position <=" in text]) <= 5
            assert all(wire.sent == list(range(n % 90 + 1, 452)) for n, wire in enumerate(wires))

    run(story())


def test_a_rare_interest_is_followed_over_a_long_stretch_of_others(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than one statement looks at, several times, before and behind what is of interest."""
    monkeypatch.setattr(past, "WINDOW", 20)
    monkeypatch.setattr(past, "PAGE", 10)

    async def story() -> None:
        async with sharing(database_url, ring_size=20) as (database, tailer, streams):
            mine, other = await new_life(database), await new_life(database)
            await write(database, other, 100)
            await write(database, mine, 2)
            await write(database, other, 60)
            await eventually(lambda: tailer.position == 164)
            render, wire, statements = Rendering(), Wire(), count_statements(database)
            interest = Interest(customer_id=mine.customer_id)
            await join(streams, render, wire, Place(tailer.epoch, 3), interest)
            await eventually(lambda: len(wire.sent) == 2)
            await write(database, mine, 1)
            await eventually(lambda: len(wire.sent) == 3)

            assert wire.sent == [103, 104, 165]
            assert len([text for text in statements if "position <=" in text]) <= 164 / 10 + 1

    run(story())


def test_many_streams_keep_no_more_than_their_process_may(database_url: str) -> None:
    """Each catches up over pages of the log that the others push out, and gets everything all the same."""

    async def story() -> None:
        async with opened(database_url) as database, tailing(database, ring_size=10) as tailer:
            kept = Kept(most=100_000)
            streams = Streams(tailer, kept=kept)
            await write(database, await new_life(database), 300)
            await eventually(lambda: tailer.position == 301)
            render, wires = Rendering(), [Wire() for _ in range(40)]
            for n, wire in enumerate(wires):
                (await events(streams, render, key=n)).join(subscribed(wire)[0], 0)
            most = 0

            def all_have_all() -> bool:
                nonlocal most
                most = max(most, kept.bytes)
                return all(wire.sent == list(range(1, 302)) for wire in wires)

            await eventually(all_have_all)
            await eventually(lambda: not streams.busy)
            await write(database, await new_life(database), 1)
            assert most < 100_000 + 16 * (128 * 500 + 60_000)
            assert kept.bytes <= 100_000
            streams.ended(LogReplaced())
            assert kept.bytes == 0

    run(story())


def test_streams_that_nobody_follows_any_more_are_few(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.sharing.streams.IDLE", 5)

    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            streams, render = Streams(tailer), Rendering()
            followed, _ = subscribed(Wire())
            (await events(streams, render, key="followed")).join(followed, 0)
            for n in range(20):
                subscriber, _ = subscribed(Wire())
                (await events(streams, render, key=n)).join(subscriber, 0)
                subscriber.leave()

            assert len(streams) == 6
            assert len(await events(streams, render, key="followed")) == 1
            streams.ended(LogReplaced())

    run(story())


def test_places_of_no_use_are_said_so_before_anything_is_sent(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            await write(database, await new_life(database), 3)
            for place in (Place("another", 1), Place(tailer.epoch, 1000)):
                with pytest.raises(UnknownPlace):
                    await streams.start(place)
            assert await streams.start(await current_place(database)) == 4

    run(story())


def test_a_change_is_brought_to_those_alone_whom_it_concerns(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            mine, other = await new_life(database), await new_life(database)
            await eventually(lambda: tailer.position == 2)
            interests = {
                "all": ALL,
                "customer": Interest(customer_id=mine.customer_id),
                "order": Interest(order_id=mine.id),
                "status": Interest(statuses=frozenset({OrderStatus.CONFIRMATION})),
                "other order": Interest(order_id=other.id),
                "other status": Interest(statuses=frozenset({OrderStatus.EXPIRED})),
                "nothing": Interest(statuses=frozenset()),
                **{f"stranger {n}": Interest(order_id=uuid4()) for n in range(50)},
            }
            fed: list[str] = []
            for name, interest in interests.items():
                stream = await events(streams, Rendering(), interest, key=name)
                stream.feed = _noting(fed, name)  # type: ignore[method-assign,assignment] # what is looked at here
                stream.join(subscribed(Wire())[0], tailer.position)
            await write(database, mine)

            await eventually(lambda: len(fed) >= 4)
            assert sorted(fed) == ["all", "customer", "order", "status"]

    run(story())


def test_frames_that_are_wide_fill_no_line_far_beyond_its_budget(database_url: str) -> None:
    async def wide(values: Sequence[object]) -> list[bytes]:
        return [orjson.dumps({"data": "x" * 10_000}) for _ in values]

    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            place = await current_place(database)
            life = await new_life(database)
            await write_at_random(database, [life], 60, random.Random(1))
            await tailer.wait_beyond(place.position + 59)
            budget = 50_000

            async def make() -> SharedStream:
                return EventStream(tailer, Events(ALL, _position), wide, streams.kept)

            line: QueueLine[bytes] = QueueLine(
                Room(budget=budget), lambda: None, encode=lambda prefix, frame: prefix + frame.body, send=_take
            )
            for _ in range(10):
                subscriber, _ = subscribed(line)
                (await streams.get("wide", make)).join(subscriber, place.position)
            await eventually(lambda: bool(line._waiting) and len(line._waiting or ()) == 10)
            assert budget < len(line) < budget + 10 * 10_100

    async def _take(_message: bytes) -> None:
        """Whenever it is."""

    run(story())


def test_a_stream_outlives_its_last_subscriber_for_a_while_only(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, _, streams):
            life, render, wire = await new_life(database), Rendering(), Wire()
            subscriber, ends = await join(streams, render, wire)
            await asyncio.sleep(0.1)
            assert len(streams) == 1
            subscriber.leave()
            subscriber.leave()
            first = streams._leaving["key"].when()
            again, _ = await join(streams, render, wire)
            again.leave()
            assert streams._leaving["key"].when() > first  # as long from the last one on
            await write(database, life)
            await eventually(lambda: len(streams) == 0)
            assert (wire.sent, ends, render.rendered) == ([], [], [])

    run(story())


def test_another_log_and_the_end_of_the_process_end_streams(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (_, tailer, streams):
            _, first = await join(streams, Rendering(), Wire())
            streams.ended(LogReplaced())
            _, second = await join(streams, Rendering(), Wire())
            await tailer.stop()
            assert [type(end) for end in first + second] == [LogReplaced, StreamStopped]
            assert len(streams) == 0

    run(story())


def test_a_place_that_is_no_longer_kept_ends_only_who_is_there(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url, ring_size=5) as (database, tailer, streams):
            await write(database, await new_life(database), 30)
            await eventually(lambda: tailer.position == 31)
            stream = await events(streams, Rendering())
            stream._past.read = _expired  # type: ignore[attr-defined] # as if it had been trimmed meanwhile
            late, reader = Wire(), Wire()
            (behind, ends), (ahead, none) = subscribed(late), subscribed(reader)
            stream.join(ahead, 28)
            stream.join(behind, 2)
            await eventually(lambda: len(ends) == 1)
            await eventually(lambda: len(reader.sent) == 3)
            assert isinstance(ends[0], PlaceExpired)
            assert (late.sent, none) == ([], [])

    run(story())


class Counter:
    """A state that is one more after each change."""

    interest = ALL
    pause = 0.0

    def __init__(self) -> None:
        self.number = 0
        self.there = True

    def takes(self, change: ChangeRow) -> bool:
        self.number += 1
        return True

    async def value(self) -> tuple[int, object] | None:
        return (self.number, self.number) if self.there else None


def test_a_state_is_sent_once_to_each_and_the_slow_get_the_newest(database_url: str) -> None:
    async def story() -> None:
        async with sharing(database_url) as (database, tailer, streams):
            life, render, counter = await new_life(database), Rendering(), Counter()
            await eventually(lambda: tailer.position == 1)

            async def make() -> SharedStream:
                return LatestStream(tailer, counter, render)

            stream = await streams.get("state", make)
            slow, quick = Wire(1), Wire()
            for wire in (slow, quick):
                stream.join(subscribed(wire)[0], 1)
            await eventually(lambda: slow.sent == quick.sent == [0])
            for number in range(1, 6):
                await write(database, life)
                await eventually(lambda number=number: quick.sent[-1] == number)  # type: ignore[misc] # an index
            assert slow.sent == [0]
            slow.read()
            assert slow.sent == [0, 5]
            late, ends = subscribed(Wire())
            stream.join(late, 0)
            assert late.position == 5
            assert render.rendered == [0, 1, 2, 3, 4, 5]
            counter.there = False
            await write(database, life)
            await eventually(lambda: ends == [None])
            assert await streams.get("state", make) is not stream

    run(story())


@pytest.mark.parametrize("size", [1, 100, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_one_message(size: int) -> None:
    prefix = prefix_of('an "id"')
    frame = Frame(1, orjson.dumps("x" * size), "place")
    message = frame.websocket(prefix)
    length = len(message) - len(header_of(len(prefix) + len(frame.body)))
    assert message[0] == 0x81
    assert orjson.loads(message[-length:]) == {"type": "next", "id": 'an "id"', "payload": "x" * size}
    assert orjson.loads(frame.text(prefix)) == orjson.loads(message[-length:])
    assert frame.event() == b"id: place\nevent: next\ndata: " + orjson.dumps("x" * size) + b"\n\n"


def count_statements(database: Database) -> list[str]:
    texts: list[str] = []
    listen(database, lambda *told: texts.append(told[2]))
    return texts


def _noting(fed: list[str], name: str) -> Callable[[ChangeRow], None]:
    def feed(_change: ChangeRow) -> None:
        fed.append(name)

    return feed


async def _expired(_position: int) -> None:
    raise PlaceExpired
