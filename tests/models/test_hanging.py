"""Databases that hang, or have become another's copy; readers who leave: nobody waits without end, nothing is held."""

import asyncio
import gc
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

from models.database import Database
from models.postgresql_connection import PostgreSQLConnection
from tests.models.notes import READ, WRITE, note, notes, play
from tests.peers.postgresql import PostgreSQL

_OTHERS: Final = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_MANY: Final = (
    "INSERT INTO notes WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n LIMIT 20000)"
    " SELECT i, hex(randomblob(20)), NULL FROM n"
)


@contextmanager
def stopped(url: str) -> Iterator[None]:
    """All of its connections hang, though the machine acknowledges what is sent to them."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = [row[0] for row in connection.execute(_OTHERS)]
    assert found
    for each in found:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in found:
            os.kill(each, signal.SIGCONT)


async def write(database: Database, number: int, *, begin: bool = True) -> None:
    """With what begins the transaction, or later in it."""
    async with database.writing(*([(WRITE, note(number))] if begin else [])) as tx:
        await tx.run(WRITE, note(number))


async def write_by_session(database: Database, number: int) -> None:
    async with database.writing() as tx:
        await tx.session.execute(sa.text("INSERT INTO notes (id, text) VALUES (:id, '')"), {"id": number})


async def _ask_within(database: Database) -> None:
    async with database.writing((READ, {})) as tx:
        await tx.run(READ, {})


async def _read(database: Database) -> None:
    async with database.reading() as session:
        await session.execute(sa.text("SELECT * FROM notes"))


async def _select(database: Database) -> None:
    async with database.selecting() as connection:
        await connection.execute(sa.text("SELECT * FROM notes"))


@pytest.mark.parametrize("ask", [_ask_within, _read, _select])
@pytest.mark.parametrize("rested", [False, True])
def test_what_hangs_is_not_waited_for_without_end(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Database], Awaitable[None]], rested: bool
) -> None:
    """One that has not been used for a while is tried first, which hangs as well."""
    url = postgresql.create_database(f"notes_{uuid4().hex}")
    monkeypatch.setattr("models.engine.RESTED", 0.0 if rested else 60.0)

    async def story(database: Database) -> None:
        await ask(database)
        with stopped(url):
            monkeypatch.setattr(PostgreSQLConnection, "patience", 0.1)
            monkeypatch.setattr("models.database.STATEMENT_TIMEOUT", 0.1)
            if rested:  # what was thrown away is replaced before anybody misses it
                async with asyncio.timeout(30):
                    await ask(database)
            else:
                with pytest.raises(sa.exc.OperationalError) as raised:
                    await ask(database)
                assert raised.value.connection_invalidated
        monkeypatch.undo()
        await ask(database)

    play(url, story)


def test_a_transaction_that_hangs_is_given_up(postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgresql.create_database(f"notes_{uuid4().hex}")

    async def write_what_hangs(database: Database) -> None:
        async with database.writing((WRITE, note(1))) as tx:
            await tx.run(WRITE, note(1))
            with stopped(url):
                monkeypatch.setattr(PostgreSQLConnection, "patience", 0.1)
                await tx.run(READ, {})

    async def story(database: Database) -> None:
        with pytest.raises(sa.exc.OperationalError) as raised:
            await write_what_hangs(database)
        monkeypatch.undo()
        assert raised.value.connection_invalidated
        await write(database, 2)
        assert await notes(database) == [(2, "")]

    play(url, story)


def test_a_server_that_takes_no_writes_any_more_is_left(postgresql: PostgreSQL) -> None:
    """As the first server is after another has taken its place."""

    async def become_a_copy(database: Database) -> None:
        async with database.writing() as tx:
            await tx.session.execute(sa.text("SET default_transaction_read_only = on"))

    async def story(database: Database) -> None:
        await become_a_copy(database)
        with pytest.raises(sa.exc.DBAPIError) as raised:
            await write(database, 1, begin=False)
        assert raised.value.connection_invalidated
        await write(database, 2, begin=False)
        await become_a_copy(database)
        await write(database, 3)  # nothing had been done: it begins anew elsewhere
        await become_a_copy(database)
        with pytest.raises(sa.exc.DBAPIError) as raised:
            await write_by_session(database, 4)
        assert raised.value.connection_invalidated
        await write_by_session(database, 5)
        assert await notes(database) == [(2, ""), (3, ""), (5, "")]

    play(postgresql.create_database(f"notes_{uuid4().hex}"), story, pool_size=1)


def test_a_server_that_only_reads_is_none_to_begin_with(postgresql: PostgreSQL) -> None:
    url = postgresql.create_database(f"notes_{uuid4().hex}")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{url.rpartition("/")[2]}" SET default_transaction_read_only = on')

    async def look() -> None:
        database = Database(url, pool_size=2)
        try:
            async with database.reading() as session:
                await session.execute(sa.text("SELECT 1"))
        finally:
            await database.close()

    with pytest.raises(sa.exc.OperationalError, match="read-only"):
        asyncio.run(look())


@pytest.mark.parametrize("how", ["reading", "snapshot", "writing"])
def test_a_reader_who_leaves_keeps_no_hold_of_the_file(tmp_path: Path, how: str) -> None:
    """With what they leave behind not collected yet: the log of a file that somebody reads can only grow."""
    file = tmp_path / "orders.sqlite3"

    async def story(database: Database) -> None:
        async with database.writing() as tx:
            await tx.session.execute(sa.text(_MANY))

        async def read() -> None:
            query = sa.text("SELECT * FROM notes")
            if how == "writing":
                async with database.writing() as tx:
                    (await tx.session.execute(query)).all()
            else:
                async with database.reading(snapshot=how == "snapshot") as session:
                    (await session.execute(query)).all()

        for number in range(30):
            reading = asyncio.create_task(read())
            await asyncio.sleep(0.001 + number * 0.0007)
            reading.cancel()
            await asyncio.wait([reading])
        async with database.writing((WRITE, note(1))) as tx:  # behind whatever is still being undone
            await tx.run(WRITE, note(1))
        with sqlite3.connect(file, isolation_level=None) as other:
            for _ in range(100):  # undoing has no end that could be waited for
                ((busy, *_),) = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                if not busy:
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("somebody still reads")

    gc.disable()
    try:
        play(f"sqlite:///{file}", story)
    finally:
        gc.enable()
