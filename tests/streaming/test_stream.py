"""The stream as a program runs it: a commit in one process reaches the followers of all, broker or not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from models.database import Database
from streaming.log import current_place
from streaming.stream import Stream, StreamDown
from tests.peers.valkey import Valkey
from tests.streaming.lives import (
    DEADLINE,
    Follower,
    all_of,
    eventually,
    execute,
    new_life,
    opened,
    run,
    whole_log,
    write,
)


@pytest.fixture(scope="module")
def broker() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


def test_a_commit_in_one_process_reaches_the_followers_in_another(database_url: str, broker: Valkey) -> None:
    async def story() -> None:
        async with (
            opened(database_url) as writers,
            opened(database_url) as readers,
            streaming(writers, broker.url) as one,
            streaming(readers, broker.url) as other,
        ):
            life = await new_life(writers)
            start = await current_place(writers)
            followers = [Follower(one.tailer, after=start), Follower(other.tailer, after=start)]
            await write(writers, life, 10)

            # Neither polls within the deadline: it was the hints.
            await eventually(lambda: all(len(follower.seen) == 10 for follower in followers))
            log = (await whole_log(writers))[1:]
            assert [await all_of(one.tailer, followers[0]), await all_of(other.tailer, followers[1])] == [[log], [log]]

    run(story())


def test_it_says_when_hints_do_not_arrive(database_url: str, broker: Valkey) -> None:
    async def story() -> None:
        async with opened(database_url) as database, streaming(database, broker.url, poll_seconds=0.05) as stream:
            assert stream.check() is None
            life = await new_life(database)
            follower = Follower(stream.tailer, after=await current_place(database))

            await asyncio.to_thread(broker.kill)
            await write(database, life, 3)  # which waits for no broker
            await eventually(lambda: stream.check() is not None)
            await eventually(lambda: len(follower.seen) == 3)
            assert stream.tailer.healthy

            await asyncio.to_thread(broker.start)
            await eventually(lambda: stream.check() is None)

    run(story())


def test_it_is_not_ready_while_the_log_cannot_be_read(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, streaming(database, "memory://", poll_seconds=0.05) as stream:
            await execute(database, sa.text("ALTER TABLE log_head RENAME TO elsewhere"))
            await eventually(lambda: not stream.tailer.healthy)
            with pytest.raises(StreamDown):
                stream.check()

            await execute(database, sa.text("ALTER TABLE elsewhere RENAME TO log_head"))
            await eventually(lambda: stream.tailer.healthy)
            await eventually(lambda: stream.check() is None)

    run(story())


def test_what_was_announced_is_sent_before_the_end(database_url: str, broker: Valkey) -> None:
    async def story() -> None:
        async with opened(database_url) as database, streaming(database, broker.url) as listening:
            async with streaming(database, broker.url):
                await write(database, await new_life(database))

            await listening.tailer.wait_beyond(1)

    run(story())


@asynccontextmanager
async def streaming(
    database: Database, broadcast_url: str, *, poll_seconds: float = 10 * DEADLINE
) -> AsyncIterator[Stream]:
    stream = Stream(database, broadcast_url, poll_seconds=poll_seconds)
    database.announce = stream.announce
    await stream.start()
    try:
        await eventually(lambda: stream.hints.healthy)
        yield stream
    finally:
        await stream.stop()
