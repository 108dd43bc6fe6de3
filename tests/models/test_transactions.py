"""Transactions below the rules: what is sent at once, what fails on the way, and connections lost or cut off."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from models.database import Database, Transaction
from models.migrating import upgrade
from models.moment import MOMENT
from models.statement import Statement, Values
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually

_NOTES: Final = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String),
    sa.Column("written_at", sa.DateTime(timezone=True)),
)
WRITE: Final = Statement(_NOTES.insert(), columns=["id", "text"])
DATE: Final = Statement(_NOTES.insert().values(written_at=MOMENT), columns=["id", "text"])
READ: Final = Statement(
    sa.select(_NOTES.c.id, _NOTES.c.text).order_by(_NOTES.c.id), returned=[_NOTES.c.id, _NOTES.c.text]
)
DATED: Final = Statement(sa.select(_NOTES.c.written_at, MOMENT), returned=[MOMENT, MOMENT])
CHANGE: Final = Statement(
    _NOTES.update().where(_NOTES.c.id == sa.bindparam("of", type_=sa.Integer)).returning(_NOTES.c.id),
    columns=["text"],
    returned=[_NOTES.c.id],
    finds=True,
)
SLEEP: Final = Statement(sa.select(sa.func.pg_sleep(60)), returned=[])


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> str:
    return postgresql.create_database(f"notes_{uuid4().hex}")


def play(url: str, story: Callable[[Database], Awaitable[Any]], *, pool_size: int = 3) -> Any:
    async def go() -> Any:
        database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"), pool_size=pool_size)
        try:
            await upgrade(database.engine)
            async with database.engine.begin() as connection:
                await connection.run_sync(_NOTES.metadata.create_all)
            return await story(database)
        finally:
            await database.close()

    return asyncio.run(go())


async def notes(database: Database) -> list[tuple[Any, ...]]:
    async with database.writing((READ, {})) as tx:
        return list(await tx.run(READ, {}))


def note(number: int, text: str = "") -> Values:
    return {"id": number, "text": text}


def test_what_is_expected_has_run_in_its_order_and_all_else_when_it_is_asked_for(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((WRITE, note(1)), (READ, {})) as tx:
            await tx.run(WRITE, note(1))
            assert await tx.run(READ, {}) == [(1, "")]
            await tx.run(WRITE, note(2))
            assert await tx.run(READ, {}) == [(1, ""), (2, "")]
            tx.write(WRITE, note(4))
            tx.write(WRITE, note(3))
            assert await tx.run(READ, {}) == [(1, ""), (2, "")]
        assert await notes(database) == [(1, ""), (2, ""), (3, ""), (4, "")]

    play(new_database, story)


def test_what_was_expected_with_other_values_is_asked_anew(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((WRITE, note(1))) as tx:
            await tx.run(WRITE, note(2))
        assert await notes(database) == [(1, ""), (2, "")]

    play(new_database, story)


def test_what_is_expected_and_fails_begins_nothing(new_database: str) -> None:
    async def story(database: Database) -> None:
        async def begin(expected: tuple[Statement, Values]) -> None:
            async with database.writing((WRITE, note(1)), expected):
                raise AssertionError

        with pytest.raises(StaleDataError):
            await begin((CHANGE, {"of": 2, "text": "changed"}))
        with pytest.raises(sa.exc.IntegrityError):
            await begin((WRITE, note(1)))
        assert await notes(database) == []

    play(new_database, story)


def test_what_is_expected_twice_runs_twice(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((WRITE, note(1)), (READ, {}), (WRITE, note(2)), (READ, {})) as tx:
            await tx.run(WRITE, note(2))
            assert await tx.run(READ, {}) == [(1, "")]
            await tx.run(WRITE, note(1))
            assert await tx.run(READ, {}) == [(1, ""), (2, "")]

    play(new_database, story)


def test_the_moment_is_the_transactions(new_database: str) -> None:
    async def story(database: Database) -> None:
        async with database.writing((DATE, note(1))) as tx:
            await tx.run(DATE, note(1))
            ((written, moment),) = await tx.run(DATED, {})
            assert written == moment == tx.now

    play(new_database, story)


@pytest.mark.parametrize("at_the_end", [False, True])
def test_of_what_fails_on_the_way_nothing_is_left(new_database: str, at_the_end: bool) -> None:
    async def story(database: Database) -> None:
        async def fail(work: Callable[[Transaction], Awaitable[object]]) -> None:
            with pytest.raises(sa.exc.IntegrityError):
                async with database.writing() as tx:
                    await work(tx)

        async def at_once(tx: Transaction) -> None:
            await tx.run(WRITE, note(2))
            await tx.run(WRITE, note(1))

        async def later(tx: Transaction) -> None:
            for number in (2, 1, 3):
                tx.write(WRITE, note(number))

        async with database.writing() as tx:
            tx.write(WRITE, note(1, "kept"))
        for _ in range(3):  # and what went wrong once is in nobody's way
            await fail(later if at_the_end else at_once)
        assert await notes(database) == [(1, "kept")]

    play(new_database, story)


def test_what_has_nothing_to_change_takes_all_with_it(new_database: str) -> None:
    async def story(database: Database) -> None:
        async def change(other: int) -> None:
            async with database.writing() as tx:
                tx.write(WRITE, note(1))
                tx.write(CHANGE, {"of": other, "text": "changed"})

        with pytest.raises(StaleDataError):
            await change(2)
        assert await notes(database) == []
        await change(1)
        assert await notes(database) == [(1, "changed")]

    play(new_database, story)


def test_what_an_error_has_undone_is_not_taken_for_committed(postgresql_url: str) -> None:
    async def story(database: Database) -> None:
        async def go_on() -> None:
            async with database.writing() as tx:
                await tx.run(WRITE, note(1))
                with pytest.raises(sa.exc.IntegrityError):
                    await tx.run(WRITE, note(1))

        with pytest.raises(sa.exc.InternalError):
            await go_on()
        assert await notes(database) == []

    play(postgresql_url, story)


def test_any_length_goes_both_ways(new_database: str) -> None:
    """More than any buffer takes, in both directions at once."""
    texts = [chr(ord("a") + place) * 3_000_000 for place in range(8)]

    async def story(database: Database) -> None:
        expected = [each for place, text in enumerate(texts) for each in ((WRITE, note(place, text)),)]
        async with database.writing() as tx:
            for statement, values in expected:
                await tx.run(statement, values)
                assert len(await tx.run(READ, {})) == values["id"] + 1
            for statement, values in expected:
                tx.write(statement, {**values, "id": values["id"] + 100})
        assert [text for _, text in await notes(database)] == texts * 2

    play(new_database, story)


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
