"""Connections of transactions: kept where nothing is wrong with them, and in nobody's way once lost or cut off."""

import asyncio

import psycopg
import pytest
import sqlalchemy as sa

from models.database import Database
from tests.models.notes import READ, SLEEP, WRITE, note, notes, play
from tests.peers.processes import eventually


def test_text_that_cannot_be_stored_costs_no_connection(postgresql_url: str) -> None:
    async def story(database: Database) -> None:
        async with database.selecting() as connection:
            before = (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one()
        for _ in range(3):
            with pytest.raises(sa.exc.DataError) as caught:
                async with database.writing((WRITE, note(1, "\0"))):
                    pass
            assert not caught.value.connection_invalidated
            with pytest.raises(sa.exc.DataError):
                async with database.writing() as tx:
                    tx.write(WRITE, note(1, "\0"))
        async with database.selecting() as connection:
            assert (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one() == before
        assert await notes(database) == []

    play(postgresql_url, story, pool_size=1)


def test_a_driver_that_rolls_back_by_itself_is_in_nobodys_way(postgresql_url: str) -> None:
    """The server then forgets all statements that it was told."""

    async def story(database: Database) -> None:
        for number in (1, 2, 3):
            async with database.writing((WRITE, note(number)), (READ, {})):
                pass
            async with database.engine.connect() as connection:
                for _ in range(6):  # so often that the driver prepares one of its own
                    await connection.execute(sa.text("SELECT 1"))
                await connection.rollback()
        assert [each for each, _ in await notes(database)] == [1, 2, 3]

    play(postgresql_url, story, pool_size=1)


def test_connections_that_were_lost_unused_refuse_nothing(postgresql_url: str) -> None:
    async def story(database: Database) -> None:
        entered, leave = asyncio.Semaphore(0), asyncio.Event()

        async def hold(number: int) -> None:
            async with database.writing((WRITE, note(number))):
                entered.release()
                await leave.wait()

        holding = [asyncio.create_task(hold(number)) for number in range(3)]
        for _ in holding:
            await entered.acquire()
        leave.set()
        await asyncio.gather(*holding)
        for attempt in range(2):
            await asyncio.to_thread(_end_all_others, postgresql_url)
            async with database.writing() as tx:
                tx.write(WRITE, note(10 + attempt))
        assert [each for each, _ in await notes(database)] == [0, 1, 2, 10, 11]

    play(postgresql_url, story)


def test_one_that_is_lost_while_it_works_says_so_and_leaves_nothing(postgresql_url: str) -> None:
    async def story(database: Database) -> None:
        async def lose() -> None:
            async with database.writing((WRITE, note(1))) as tx:
                await asyncio.to_thread(_end_all_others, postgresql_url)
                tx.write(WRITE, note(2))

        with pytest.raises(sa.exc.DBAPIError) as caught:
            await lose()
        assert caught.value.connection_invalidated
        assert await notes(database) == []

    play(postgresql_url, story)


@pytest.mark.parametrize("at_once", [False, True])
def test_one_who_waits_no_longer_leaves_nothing_and_holds_nobody_up(postgresql_url: str, at_once: bool) -> None:
    async def story(database: Database) -> None:
        async def sleep() -> None:
            async with database.writing(*[(SLEEP, {})] * at_once) as tx:
                await tx.run(WRITE, note(1))
                await tx.run(SLEEP, {})

        for _ in range(3):
            sleeping = asyncio.create_task(sleep())
            await asyncio.to_thread(_wait_for_a_sleeper, postgresql_url)
            sleeping.cancel()
            await asyncio.wait([sleeping])
            assert sleeping.cancelled()
        async with asyncio.timeout(10):
            assert await notes(database) == []

    play(postgresql_url, story, pool_size=1)


def _end_all_others(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _wait_for_a_sleeper(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:

        def sleeps() -> bool:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            return found.fetchone() is not None

        eventually(sleeps, what="somebody sleeps")
