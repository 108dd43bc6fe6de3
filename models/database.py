"""Transactions, on SQLite and PostgreSQL alike, and the one clock."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any, Final, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlmodel import SQLModel

from models.base import metadata
from models.change import Change, LogHead
from models.changed_rows import take_changed_rows
from models.engine import STATEMENT_TIMEOUT, create_engine, create_reader
from models.moment import MOMENT, moment_values
from models.statement import Driver, Statement, Values, abandon, run_all

#: What rows can be selected with.
Selecting: TypeAlias = AsyncSession | AsyncConnection
Rows: TypeAlias = Sequence[tuple[Any, ...]]

_CHANGES: Final = metadata.tables[str(Change.__tablename__)]
_HEAD: Final = metadata.tables[str(LogHead.__tablename__)]
_NOW: Final = Statement(sa.select(MOMENT), returned=[MOMENT])
_TAKE: Final = Statement(
    _HEAD.update()
    .values(position=_HEAD.c.position + sa.bindparam("by", type_=sa.BigInteger))
    .returning(_HEAD.c.position),
    returned=[_HEAD.c.position],
)
#: Each takes its place as seen from the head's, which need not be known here for that.
_PLACE: Final = sa.select(_HEAD.c.position - sa.bindparam("behind", type_=sa.BigInteger)).scalar_subquery()
_GIVEN: Final = [column.key for column in _CHANGES.c if column.key != "position"]
_LOG: Final = Statement(_CHANGES.insert().inline().values(position=_PLACE), columns=_GIVEN)


@dataclass(slots=True)
class Transaction:
    """A writing transaction: its session, its moment, and the changes that it will leave in the log."""

    session: AsyncSession
    driver: Driver
    now: datetime
    clock_offset: timedelta
    #: What has run already, with what it was given and its rows.
    ahead: list[tuple[Statement, Values, Rows]]
    changes: list[Change] = field(default_factory=list)
    #: The last place in each order's history that this transaction knows of.
    sequences: dict[UUID, int] = field(default_factory=dict)
    _last: dict[Statement, list[Values]] = field(default_factory=dict)

    async def run(self, statement: Statement, values: Values) -> Rows:
        """Runs it here and now, unless it has been `expected`; what the session holds is not flushed before.

        It may use the transaction's MOMENT."""
        for place, (run, given, rows) in enumerate(self.ahead):
            if run is statement and given == values:
                del self.ahead[place]
                return rows
        return await statement.run(self.driver, {**moment_values(self.now, self.clock_offset), **values})

    def write(self, statement: Statement, values: Values) -> None:
        """Runs it at the end of the transaction, behind all that the session holds: nothing may read what it writes. It
        may not use the MOMENT."""
        self._last.setdefault(statement, []).append(values)

    async def commit(self) -> int | None:
        """What is still to be written, last the changes, since the log's head stays locked from there on, and the
        commit with it. Returns the log's position, if it has moved."""
        changed = take_changed_rows(self.session)
        if self.session.new or self.session.dirty or self.session.deleted:
            await self.session.flush()
        work: list[tuple[Statement, Sequence[Values]]] = [(statement, [values]) for statement, values in changed]
        work += self._last.items()
        count = len(self.changes)
        if count:
            rows = ({name: getattr(each, name) for name in _GIVEN} for each in self.changes)
            work.append((_TAKE, [{"by": count}]))
            work.append((_LOG, [{**row, "behind": count - place} for place, row in enumerate(rows, 1)]))
        found = await run_all(self.driver, work, commit=True)
        if not count:
            return None
        position = int(found[-2][0][0])
        for place, change in enumerate(self.changes, position - count + 1):
            change.position = place
        return position


class Database:
    """Hands out transactions. `announce` is called with the log's position after each commit that moved it."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine: AsyncEngine = create_engine(url, pool_size=pool_size)
        self._connections = 2 * pool_size
        self.sqlite: bool = self.engine.dialect.name == "sqlite"
        #: For what only reads.
        self.reader: AsyncEngine = create_reader(self.engine, url, pool_size=pool_size)
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
    async def writing(self, *expected: tuple[Statement, Values]) -> AsyncIterator[Transaction]:
        """Commits at the end, and rolls back when an exception leaves the block.

        `expected`: what will be run in it anyway, and is therefore sent with the beginning, in this order. Each
        answers when it is run, if it is then given the same; what it reads is as it was at the beginning, so nothing
        that it would see may be written before it is run."""
        async with self._turn, AsyncSession(self.engine, expire_on_commit=False) as session:
            driver, rows = await self._begin(session, expected)
            ((now,),) = rows[0]
            ahead = [(*run, found) for run, found in zip(expected, rows[1:], strict=True)]
            transaction = Transaction(session, driver, now, self.clock_offset, ahead)
            try:
                yield transaction
                position = await transaction.commit()
            except BaseException:
                try:
                    await abandon(driver)
                finally:
                    await _forget_lost(session, driver)
                raise
        if position is not None:
            self.announce(position)

    async def _begin(
        self, session: AsyncSession, expected: Sequence[tuple[Statement, Values]]
    ) -> tuple[Driver, Sequence[Rows]]:
        """What is to be written is not refused because a connection was lost while nobody used it; all that the pool
        holds may be such, and a new one is not. Where that took long to find out, others would hang, too."""
        began = time.monotonic()
        for is_last in (*repeat(False, self._connections), True):
            connection = await session.connection(execution_options={"begun_elsewhere": True})
            driver = await Driver.of(connection)
            clock = moment_values(datetime.now(UTC) + self.clock_offset if self.sqlite else None, self.clock_offset)
            work = [(_NOW, [clock]), *((statement, [{**clock, **values}]) for statement, values in expected)]
            try:
                return replace(driver, begun=True), await run_all(driver, work, begin=True)
            except sa.exc.DBAPIError as error:
                hangs = time.monotonic() - began > STATEMENT_TIMEOUT
                if is_last or hangs or not error.connection_invalidated:
                    raise
                await connection.invalidate(error)
                await session.rollback()
            except BaseException:
                await _forget_lost(session, driver)
                raise
        raise AssertionError("the last time it has raised or returned")

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


async def _forget_lost(session: AsyncSession, driver: Driver) -> None:
    """Rolling back would only fail, and hide what has happened."""
    if driver.is_lost:
        await session.invalidate()


def insert_into(session: AsyncSession, table: type[SQLModel]) -> Any:
    """An INSERT that can say ON CONFLICT, which SQLAlchemy has for each dialect apart."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)
