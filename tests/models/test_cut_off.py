"""A transaction that is cut off, undone behind its own back or surprised by a migration: nothing of it is kept, nothing
held up by it."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

from models.database import Database, Transaction
from models.statement import Statement
from tests.api import QUERIES, Api
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import eventually

_METADATA: Final = sa.MetaData()
NOTES: Final = sa.Table("notes", _METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
WRITE: Final = Statement(NOTES.insert(), columns=["id", "text"])
READ: Final = Statement(sa.select(NOTES.c.id, NOTES.c.text).order_by(NOTES.c.id), returned=list(NOTES.c))
SLEEP: Final = Statement(sa.select(sa.func.pg_sleep(60)), returned=[])
FOR_EVER: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
Work = Callable[[Transaction], Awaitable[object]]


def play(url: str, story: Callable[[Database], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"), pool_size=2)
        try:
            async with database.engine.execution_options(writing=True).begin() as connection:
                await connection.run_sync(_METADATA.create_all)
            return await story(database)
        finally:
            await database.close()

    return asyncio.run(go())


async def write(database: Database, work: Work) -> None:
    async with database.writing() as tx:
        await work(tx)


async def read(database: Database) -> list[tuple[Any, ...]]:
    async with asyncio.timeout(4), database.writing((READ, {})) as tx:  # less than anybody waits for a lock
        return list(await tx.run(READ, {}))


def test_one_who_leaves_at_any_moment_holds_nobody_up(new_database: str) -> None:
    chance = Random(7)

    async def story(database: Database) -> None:
        async def add(number: int) -> None:
            async with database.writing((WRITE, {"id": number, "text": ""})) as tx:
                tx.write(WRITE, {"id": number + 1000, "text": ""})

        for number in range(60):
            adding = asyncio.create_task(add(number))
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0)
            adding.cancel()
            await asyncio.wait([adding])
            kept = {found for found, _ in await read(database)}
            assert (number in kept) == (number + 1000 in kept)
            if not adding.cancelled():
                assert number in kept

    play(new_database, story)


def test_who_leaves_before_its_turn_on_sqlite_keeps_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "notes.sqlite3"

    async def story(database: Database) -> None:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as other:
            for turns in range(40):
                other.execute("BEGIN IMMEDIATE")  # so that the next one waits in its thread
                waiting = asyncio.create_task(write(database, lambda tx: tx.run(READ, {})))
                for _ in range(turns):
                    await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.sleep(0)
                other.execute("ROLLBACK")
                await asyncio.wait([waiting])
                await _until_free(other)
        assert await read(database) == []

    play(f"sqlite:///{file}", story)


def test_who_leaves_in_a_statement_of_the_session_keeps_no_lock_on_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "notes.sqlite3"

    async def story(database: Database) -> None:
        begun = asyncio.Event()

        async def never_end(tx: Transaction) -> None:
            begun.set()
            await tx.session.execute(sa.text(FOR_EVER))

        with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as other:
            for _ in range(2):
                endless = asyncio.create_task(write(database, never_end))
                await begun.wait()
                begun.clear()
                endless.cancel()
                await asyncio.wait([endless])
                await _until_free(other)
        assert await read(database) == []

    play(f"sqlite:///{file}", story)


async def _until_free(other: sqlite3.Connection) -> None:
    """Nobody else holds the lock that writers need; what runs when its owner leaves has five seconds."""
    async with asyncio.timeout(10):
        while True:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                await asyncio.sleep(0.01)
            else:
                other.execute("ROLLBACK")
                return


def test_customers_whose_sockets_close_over_their_orders_hold_up_nobody(api: Api) -> None:
    customer, chance = api.customer(), Random(7)
    text = (QUERIES / "place_order.graphql").read_text()

    def order() -> dict[str, Any]:
        return {"input": {"lines": [{"productCode": "book"}], "idempotencyKey": uuid4().hex}}

    for _ in range(12):
        with customer.socket() as wire:
            for place in range(4):
                payload = {"query": text, "variables": order()}
                wire.send(json.dumps({"id": str(place), "type": "subscribe", "payload": payload}))
            for _ in range(chance.randrange(6)):
                wire.ping().wait(5)
        began = time.monotonic()
        assert "errors" not in customer.send(text, order())
        assert time.monotonic() - began < 4


def test_a_statement_on_sqlite_has_an_end(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        counting = Statement(sa.text(FOR_EVER).columns(sa.column("count", sa.Integer)))
        with pytest.raises(sa.exc.OperationalError, match="interrupted"):
            await write(database, lambda tx: tx.run(counting, {}))
        assert await read(database) == []

    play(f"sqlite:///{tmp_path / 'notes.sqlite3'}", story)


@pytest.mark.parametrize("then", ["nothing", "run", "write"])
def test_what_was_rolled_back_on_the_way_is_never_said_to_be_done(new_database: str, then: str) -> None:
    async def swallow(tx: Transaction) -> None:
        await tx.run(WRITE, {"id": 1, "text": ""})
        await (await tx.session.connection()).rollback()
        if then == "run":
            await tx.run(WRITE, {"id": 2, "text": ""})
        elif then == "write":
            tx.write(WRITE, {"id": 2, "text": ""})

    async def story(database: Database) -> None:
        with pytest.raises(sa.exc.DBAPIError):
            await write(database, swallow)
        assert await read(database) == []

    play(new_database, story)


def test_a_migration_meanwhile_breaks_at_most_what_is_under_way(postgresql: PostgreSQL) -> None:
    url = postgresql.create_database(f"notes_{uuid4().hex}")

    async def story(database: Database) -> None:
        assert await read(database) == []
        await asyncio.to_thread(_widen, url)
        assert await read(database) == []

    play(url, story)


def test_a_statement_that_fails_is_prepared_once(postgresql: PostgreSQL) -> None:
    async def count(database: Database) -> int:
        async with database.writing() as tx:
            found = await tx.session.execute(
                sa.text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'orders_%'")
            )
            return int(found.scalar_one())

    async def fail(database: Database) -> None:
        with pytest.raises(sa.exc.IntegrityError):
            await write(database, lambda tx: tx.run(WRITE, {"id": 1, "text": ""}))

    async def story(database: Database) -> None:
        await write(database, lambda tx: tx.session.execute(NOTES.insert().values(id=1, text="")))
        await fail(database)
        before = await count(database)
        for _ in range(5):
            await fail(database)
        assert await count(database) == before

    play(postgresql.create_database(f"notes_{uuid4().hex}"), story)


@pytest.mark.parametrize("at_once", [False, True])
def test_who_is_told_to_leave_twice_leaves(postgresql: PostgreSQL, at_once: bool) -> None:
    url = postgresql.create_database(f"notes_{uuid4().hex}")

    async def sleep(database: Database) -> None:
        async with database.writing(*([(SLEEP, {})] if at_once else [])) as tx:
            await tx.run(SLEEP, {})

    async def story(database: Database) -> None:
        for pauses in range(8):
            sleeping = asyncio.create_task(sleep(database))
            await asyncio.to_thread(_wait_for_a_sleeper, url)
            sleeping.cancel()
            for _ in range(pauses):
                await asyncio.sleep(0)
            sleeping.cancel()
            await asyncio.wait([sleeping])
            assert sleeping.cancelled()
            await asyncio.to_thread(_wake_all_sleepers, url)  # who was not asked to stop goes on
        assert await read(database) == []

    play(url, story)


def _widen(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER TABLE notes ALTER text TYPE varchar(1000)")


_SLEEPERS: Final = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


def _wait_for_a_sleeper(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        eventually(lambda: connection.execute(f"SELECT 1 {_SLEEPERS}").fetchone() is not None, what="somebody sleeps")


def _wake_all_sleepers(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid, 5000) {_SLEEPERS}")
