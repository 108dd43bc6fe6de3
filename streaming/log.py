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
from sqlalchemy.ext.asyncio import AsyncConnection

from models.base import metadata
from models.change import Change, LogHead
from models.database import Database, Selecting
from models.engine import STATEMENT_TIMEOUT
from models.order import Order
from models.prepared import Prepared, Rows
from models.statement import Driver
from streaming.place import Place

CHANGES: Final = metadata.tables[str(Change.__tablename__)]
ORDERS: Final = metadata.tables[str(Order.__tablename__)]
HEAD: Final = metadata.tables[str(LogHead.__tablename__)]

#: All columns of `Change`, and the log's `epoch`.
ChangeRow: TypeAlias = sa.Row[*tuple[Any, ...]]
#: All columns of `Order`.
OrderRow: TypeAlias = sa.Row[*tuple[Any, ...]]


#: The epoch comes along, since a row's place is named by both.
_EPOCH: Final = sa.select(HEAD.c.epoch).scalar_subquery().label("epoch")
_ROWS: Final = sa.select(CHANGES, _EPOCH).order_by(CHANGES.c.position)
_TAIL: Final = Prepared(
    _ROWS.where(CHANGES.c.position > sa.bindparam("after"), CHANGES.c.order_id == ORDERS.c.id).limit(
        sa.bindparam("limit", type_=sa.Integer)
    ),
    [*CHANGES.c, _EPOCH],
    [*ORDERS.c],
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends, and after which position it is kept."""

    epoch: str
    position: int
    kept_after: int


@asynccontextmanager
async def open_log(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection to read the log by, for a bounded time: a connection can be dead without an error.

    Raises what the database raises, and TimeoutError, which is an OSError."""
    async with asyncio.timeout(2 * STATEMENT_TIMEOUT), database.selecting() as session:
        yield session


async def read_head(session: Selecting) -> Head:
    row = (await session.execute(sa.select(HEAD.c.epoch, HEAD.c.position, HEAD.c.kept_after))).one()
    return Head(row.epoch, row.position, row.kept_after)


async def read_changes(
    session: Selecting,
    *,
    after: int,
    upto: int | None,
    conditions: Sequence[sa.ColumnElement[bool]] = (),
    limit: int,
) -> Sequence[ChangeRow]:
    """Those behind `after`, up to and with `upto`, in order; one statement, of one snapshot."""
    query = _ROWS.where(CHANGES.c.position > after, *conditions)
    if upto is not None:
        query = query.where(CHANGES.c.position <= upto)
    return (await session.execute(query.limit(limit))).all()


async def read_tail(driver: Driver, *, after: int, limit: int) -> tuple[Rows, Rows]:
    """The next ones behind `after`, whatever they are, and beside each its order as that is now.

    Raises what the database or its driver raises."""
    changes, orders = await _TAIL.rows(driver, {"after": after, "limit": limit})
    return changes, orders


async def current_place(database: Database) -> Place:
    """The place behind everything that is committed: what is read afterwards holds all that came before it."""
    async with open_log(database) as session:
        head = await read_head(session)
    return Place(head.epoch, head.position)


def place_of(change: ChangeRow) -> Place:
    """The place right behind this change: following after it goes on with the next one."""
    return Place(change.epoch, change.position)
