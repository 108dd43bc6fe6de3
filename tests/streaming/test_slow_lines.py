"""Lines of those who read slowly or not at all: no burden to anybody, and given up after a while."""

import asyncio
import random
from collections.abc import Sequence

import orjson

from streaming.log import current_place
from streaming.sharing.events import Events, EventStream
from streaming.sharing.line import Room
from streaming.sharing.queue import QueueLine
from streaming.sharing.shared import SharedStream
from tests.streaming.joining import Rendering, Wire, join, sharing, subscribed
from tests.streaming.joining import position_of as _position
from tests.streaming.lives import ALL, eventually, new_life, run, write, write_at_random


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
