"""The tailer outlives its database's death, a connection that is cut and one that hangs; it needs one to start."""

import asyncio

import pytest
import sqlalchemy as sa

from models.database import Database
from streaming.place import Place
from streaming.tailer import Tailer
from tests.peers.postgresql import PostgreSQL
from tests.streaming.lives import Follower, all_of, eventually, new_life, opened, run, tailing, whole_log, write


def test_it_outlives_the_death_of_postgresql() -> None:
    with PostgreSQL(durable=True) as server:

        async def story() -> None:
            async with opened(server.create_database("stream")) as database, tailing(database) as tailer:
                life = await new_life(database)
                follower = Follower(tailer, after=Place(tailer.epoch, 0))
                for _ in range(3):
                    await write(database, life, 5)
                    await asyncio.to_thread(server.kill)
                    await eventually(lambda: not tailer.healthy)
                    await asyncio.to_thread(server.start)
                    await eventually(lambda: tailer.healthy)
                    await write(database, life, 5)

                assert await all_of(tailer, follower) == [await whole_log(database)]

        run(story())


def test_it_outlives_its_connection(shared_postgresql: PostgreSQL) -> None:
    url = shared_postgresql.create_database("cut")

    async def story() -> None:
        async with opened(url) as database, tailing(database) as tailer:
            life = await new_life(database)
            follower = Follower(tailer, after=Place(tailer.epoch, 0))
            for _ in range(5):
                await asyncio.to_thread(
                    shared_postgresql.execute,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'",
                )
                await write(database, life, 3)

            assert await all_of(tailer, follower) == [await whole_log(database)]

    run(story())


def test_a_database_that_hangs_is_given_up_and_asked_again(
    shared_postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock on the log's head stands for a connection that died without a word."""
    monkeypatch.setattr("streaming.log.STATEMENT_TIMEOUT", 0.1)
    url = shared_postgresql.create_database("hanging")

    async def story() -> None:
        async with opened(url) as database, tailing(database) as tailer:
            async with database.engine.connect() as other, other.begin():
                await other.execute(sa.text("LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE"))
                await eventually(lambda: not tailer.healthy)
            await eventually(lambda: tailer.healthy)
            await write(database, await new_life(database))
            await tailer.wait_beyond(1)

    run(story())


def test_starting_without_a_database_is_an_error(shared_postgresql: PostgreSQL) -> None:
    async def story() -> None:
        database = Database(shared_postgresql.url("no_such_database"))
        async with opened(shared_postgresql.create_database("there")) as there, tailing(there) as tailer:
            with pytest.raises(sa.exc.OperationalError):
                await Tailer(database, tailer._hints).start()
        await database.close()

    run(story())
