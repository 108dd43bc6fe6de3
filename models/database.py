"""Transactions, on SQLite and PostgreSQL alike, and the one clock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlmodel import SQLModel, col

from models.change import Change, LogHead
from models.engine import create_engine, create_reader

#: What rows can be selected with.
Selecting: TypeAlias = AsyncSession | AsyncConnection


@dataclass(slots=True)
class Transaction:
    """A writing transaction: its session, its moment, and the changes that it will leave in the log."""

    session: AsyncSession
    now: datetime
    changes: list[Change] = field(default_factory=list)


class Database:
    """Hands out transactions. `announce` is called with the log's position after each commit that moved it."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine: AsyncEngine = create_engine(url, pool_size=pool_size)
        self.sqlite: bool = self.engine.dialect.name == "sqlite"
        #: For what only reads.
        self.reader: AsyncEngine = self.engine if self.sqlite else create_reader(url, pool_size=pool_size)
        #: Moves the clock: for tests and for demo data, which has a past.
        self.clock_offset = timedelta()
        self.announce: Callable[[int], object] = lambda _position: None
        # SQLite lets waiting writers find out by trying again and again: of one process they queue up here instead.
        self._turn = asyncio.Lock() if self.sqlite else contextlib.nullcontext()

    @asynccontextmanager
    async def reading(self, *, snapshot: bool = False) -> AsyncIterator[AsyncSession]:
        """A session that only reads; with `snapshot` all of its statements see one state of the data."""
        async with AsyncSession(self.engine if snapshot else self.reader) as session:
            if snapshot and not self.sqlite:  # where every transaction is one
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @asynccontextmanager
    async def selecting(self) -> AsyncIterator[AsyncConnection]:
        """For statements that select rows and no objects: what a session adds would cost more than they do."""
        async with self.reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """Commits at the end, and rolls back when an exception leaves the block."""
        async with self._turn, AsyncSession(self.engine, expire_on_commit=False) as session:
            await session.connection(execution_options={"writing": True})
            transaction = Transaction(session, now=await self.now(session))
            yield transaction
            position = await _append(transaction)
            await session.commit()
        if position is not None:
            self.announce(position)

    async def now(self, session: Selecting) -> datetime:
        """The database's clock, read in this session's transaction; the process's on SQLite."""
        if self.sqlite:
            return datetime.now(UTC) + self.clock_offset
        now: datetime = (await session.execute(sa.select(sa.func.now()))).scalar_one()
        return now.astimezone(UTC) + self.clock_offset

    async def moment(self) -> datetime:
        """Now, for those who have no transaction."""
        async with self.selecting() as connection:
            return await self.now(connection)

    async def close(self) -> None:
        await self.engine.dispose()
        await self.reader.dispose()


def insert_into(session: AsyncSession, table: type[SQLModel]) -> Any:
    """An INSERT that can say ON CONFLICT, which SQLAlchemy has for each dialect apart."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)


async def _append(transaction: Transaction) -> int | None:
    """Puts the changes into the log, as the last writes: the head's row stays locked until the commit."""
    if not transaction.changes:
        return None
    session = transaction.session
    await session.flush()
    taken = await session.execute(
        sa.update(LogHead).values(position=LogHead.position + len(transaction.changes)).returning(col(LogHead.position))
    )
    position: int = taken.scalar_one()
    for offset, change in enumerate(reversed(transaction.changes)):
        change.position = position - offset
    session.add_all(transaction.changes)
    await session.flush()
    return position
