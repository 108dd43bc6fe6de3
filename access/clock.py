"""The database's time as a column, for statements that must be the only one of their transaction."""

from datetime import UTC, datetime

import sqlalchemy as sa

from models.base import TIMESTAMP
from models.database import Database


def now_column(database: Database) -> sa.ColumnElement[datetime]:
    """What `Database.now` would say in this statement; the process's time on SQLite."""
    if database.sqlite:
        return sa.literal(datetime.now(UTC) + database.clock_offset, TIMESTAMP())
    return sa.cast(sa.func.now() + database.clock_offset, TIMESTAMP())
