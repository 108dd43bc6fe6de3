"""The database that is followed: orders, people with sessions, and when each change was committed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from access.tokens import Tokens
from benchmarks.orders import Crowd, Login, fill
from models.account import AccountKind
from models.engine import create_engine
from models.migrating import upgrade
from schema.ids import global_id
from tests.peers.postgresql import PostgreSQL

SECRET: Final = "a secret for benchmarks that is long enough"  # noqa: S105 (it guards nothing)
PUBLIC_URL: Final = "http://orders.example.com"
NAME: Final = "followed"

#: Those that nothing has happened to yet, as far as the log knows.
_QUIET: Final = """
SELECT id FROM orders WHERE NOT EXISTS (SELECT FROM changes WHERE order_id = orders.id) ORDER BY created_at LIMIT :count
"""
_PRICE: Final = "INSERT INTO prices (product_id, currency, amount) SELECT id, 'EUR', 9990 FROM products"
_COMMITS: Final = """
SELECT CAST(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000000 AS bigint) FROM changes
ORDER BY position DESC LIMIT :count
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """`orders` are quiet; those that are followed are drawn from them."""

    url: str
    engine: AsyncEngine
    crowd: Crowd
    orders: list[UUID]

    def token(self, kind: AccountKind) -> str:
        """For the whole run."""
        login: Login = self.crowd.staff if kind is AccountKind.STAFF else self.crowd.customer
        now = datetime.now(UTC) - timedelta(seconds=5)  # the database's clock decides, and may be a little behind
        ends = now + timedelta(days=1)
        return (
            Tokens(SECRET, PUBLIC_URL, timedelta(days=1))
            .issue(account_id=login.account, kind=kind, session_id=login.session, session_ends=ends, now=now)
            .token
        )

    def global_ids(self, count: int) -> list[str]:
        return [global_id("Order", each) for each in self.orders[:count]]

    async def commits(self, count: int) -> list[int]:
        """When the last changes were committed by PostgreSQL's own account, in nanoseconds since 1970, in order."""
        async with self.engine.connect() as connection:
            found = (await connection.execute(sa.text(_COMMITS), {"count": count})).scalars().all()
        return list(reversed(found))


@asynccontextmanager
async def open_shop(server: PostgreSQL, size: int) -> AsyncIterator[Shop]:
    """With so many quiet orders. Restarts the server, which will remember when it committed."""
    server.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    server.restart()
    url = server.create_database(NAME)
    engine = create_engine(url, pool_size=2)
    try:
        await upgrade(engine)
        crowd = await fill(engine, size + 1000)  # the newest thousand have a history
        async with engine.begin() as connection:
            await connection.execute(sa.text(_PRICE))
        async with engine.connect() as connection:
            quiet = (await connection.execute(sa.text(_QUIET), {"count": size})).scalars().all()
        yield Shop(url, engine, crowd, list(quiet))
    finally:
        await engine.dispose()
