"""The tailer reads all of the log in order, whatever hints come or do not, and leaves nothing behind."""

import asyncio
import random

import pytest
import sqlalchemy as sa

from models.database import Database
from models.order import OrderStatus
from streaming.log import current_place
from streaming.place import Place
from streaming.ring import StreamStopped
from tests.streaming.lives import (
    DEADLINE,
    Follower,
    all_of,
    eventually,
    new_life,
    nudge,
    opened,
    run,
    tailing,
    whole_log,
    write,
)


def test_it_begins_at_the_head_and_keeps_what_came_before(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 9)
            async with tailing(database, ring_size=4) as tailer:
                place = await current_place(database)
                assert (tailer.epoch, tailer.position, tailer.healthy) == (place.epoch, 10, True)
                assert [tailer.ring.at(position) for position in (6, 7, 10, 11)] == [
                    None,
                    *[row for row in await whole_log(database) if row.position in {7, 10}],
                    None,
                ]
                assert [tailer.ring.reaches(position) for position in (5, 6, 10, 11)] == [False, True, True, False]
            assert not tailer.healthy

    run(story())


def test_it_reads_a_long_way_in_pages(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.tailer.PAGE", 7)

    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            life = await new_life(database)
            async with database.writing() as tx:
                for _ in range(50):
                    life.change(tx, OrderStatus.CONFIRMATION)
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            await nudge(tailer)

            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_lost_hints_cost_latency_only(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=0.01) as tailer:
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            await write(database, await new_life(database), 20)

            await eventually(lambda: len(follower.seen) == 21)
            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_hints_doubled_reordered_or_wrong_change_nothing(database_url: str) -> None:
    chance = random.Random(5)

    async def story() -> None:
        async with opened(database_url) as database, tailing(database, poll_seconds=DEADLINE) as tailer:
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            life = await new_life(database)
            for _ in range(30):
                await write(database, life)
                for _ in range(chance.randrange(3)):
                    await tailer._hints.publish(chance.randrange(10**6))
                    await asyncio.sleep(0)
            await nudge(tailer)

            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_waiting_for_a_position(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database) as tailer:
            assert await tailer.wait_beyond(0, timeout=0.01) == 0
            waiting = asyncio.create_task(tailer.wait_beyond(1))
            await write(database, await new_life(database))
            assert await waiting == 2
            assert await tailer.wait_beyond(0) == 2
            waiting = asyncio.create_task(tailer.wait_beyond(2))
            await asyncio.sleep(0)
            await tailer.stop()
            with pytest.raises(StreamStopped):
                await waiting

    run(story())


def test_starting_and_stopping_leaves_nothing_behind(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            await write(database, await new_life(database), 2)
            for wait in range(20):
                async with tailing(database, poll_seconds=0.0) as tailer:
                    await turns(wait)
                await tailer.stop()  # and twice is as good
            assert busy(database) == 0

    run(story())


async def turns(loops: int) -> None:
    """Let the loop go round so often, to be stopped anywhere within a look."""
    for _ in range(loops):
        await asyncio.sleep(0)


def busy(database: Database) -> int:
    """Connections that are not back in the pool."""
    pool = database.reader.pool
    assert isinstance(pool, sa.QueuePool)
    return pool.checkedout()
