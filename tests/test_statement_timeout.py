"""A statement that would run for ever is ended, on both databases, and the connection is good afterwards."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from models import engine
from models.database import Database
from tests.api import Api
from tests.peers.postgresql import PostgreSQL

_FOR_EVER = {
    True: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    False: "SELECT pg_sleep(60)",
}


def test_is_ended_in_time(api: Api) -> None:
    async def run(database: Database) -> int:
        with pytest.raises(DBAPIError):
            async with database.reading() as session:
                await session.execute(sa.text(_FOR_EVER[database.sqlite]))
        async with database.reading() as session:
            return int((await session.execute(sa.text("SELECT 7"))).scalar_one())

    assert engine.STATEMENT_TIMEOUT < 10
    assert api.running.do(run(api.running.database)) == 7


def test_postgresql_ends_a_transaction_whose_process_hangs(postgresql: PostgreSQL) -> None:
    async def story() -> None:
        database = Database(postgresql.url())
        try:
            async with database.reading(snapshot=True) as session:
                for setting, seconds in (("statement", 5), ("idle_in_transaction_session", 10)):
                    shown = await session.execute(sa.text(f"SHOW {setting}_timeout"))
                    assert shown.scalar_one() == f"{seconds}s"
        finally:
            await database.close()

    asyncio.run(story())
