"""The database's time as a column, for statements that must be the only one of their transaction."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from models.base import TIMESTAMP
from models.database import Database


def now_column(database: Database) -> sa.ColumnElement[datetime]:
    """What `Database.now` would say in this statement; the process's time on SQLite."""
    if database.sqlite:
        return sa.literal(datetime.now(UTC) + database.clock_offset, TIMESTAMP())
    return sa.cast(sa.func.now() + database.clock_offset, TIMESTAMP())


def running_clock(database: Database) -> sa.ColumnElement[datetime]:
    """As `now_column`, for a statement that is made once and run with `running_values`."""
    if database.sqlite:
        return sa.bindparam("now", type_=TIMESTAMP())
    return sa.cast(sa.func.now() + sa.bindparam("ahead", type_=sa.Interval()), TIMESTAMP())


def running_values(database: Database) -> dict[str, Any]:
    return {"now": datetime.now(UTC) + database.clock_offset, "ahead": database.clock_offset}
