"""Reading the log: its head, and its changes in the order in which they were committed.

A snapshot of the database holds a whole beginning of the log, without a hole: positions are taken under a lock that is
held to the commit, so that nothing becomes visible before what stands before it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.base import metadata
from models.change import Change, LogHead
from models.database import Database
from models.engine import STATEMENT_TIMEOUT
from streaming.place import Place

CHANGES: Final = metadata.tables[str(Change.__tablename__)]
HEAD: Final = metadata.tables[str(LogHead.__tablename__)]

#: All columns of `Change`, and the log's `epoch`.
ChangeRow: TypeAlias = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends, and after which position it is kept."""

    epoch: str
    position: int
    kept_after: int


@asynccontextmanager
async def open_log(database: Database) -> AsyncIterator[AsyncSession]:
    """A session to read the log in, for a bounded time: a connection can be dead without an error.

    Raises what the database raises, and TimeoutError, which is an OSError."""
    async with asyncio.timeout(2 * STATEMENT_TIMEOUT), database.reading() as session:
        yield session


async def read_head(session: AsyncSession | AsyncConnection) -> Head:
    row = (await session.execute(sa.select(HEAD.c.epoch, HEAD.c.position, HEAD.c.kept_after))).one()
    return Head(row.epoch, row.position, row.kept_after)


async def read_changes(
    session: AsyncSession | AsyncConnection,
    *,
    after: int,
    upto: int | None,
    conditions: Sequence[sa.ColumnElement[bool]] = (),
    limit: int,
) -> Sequence[ChangeRow]:
    """Those behind `after`, up to and with `upto`, in order; one statement, of one snapshot."""
    # The epoch comes along, since a row's place is named by both.
    epoch = sa.select(HEAD.c.epoch).scalar_subquery().label("epoch")
    query = sa.select(CHANGES, epoch).where(CHANGES.c.position > after, *conditions)
    if upto is not None:
        query = query.where(CHANGES.c.position <= upto)
    return (await session.execute(query.order_by(CHANGES.c.position).limit(limit))).all()


async def current_place(database: Database) -> Place:
    """The place behind everything that is committed: what is read afterwards holds all that came before it."""
    async with open_log(database) as session:
        head = await read_head(session)
    return Place(head.epoch, head.position)


def place_of(change: ChangeRow) -> Place:
    """The place right behind this change: following after it goes on with the next one."""
    return Place(change.epoch, change.position)
