"""What all tables share: names of constraints and the column types of this schema."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import SQLModel

# Before any table is declared, so that every constraint has a name which migrations can call it by.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: Final = SQLModel.metadata


def enum_type(enum: type[StrEnum], name: str | None = None) -> Any:
    """Stored as text under a CHECK: a native enumeration of PostgreSQL cannot be altered in a transaction.

    `name`: of the CHECK, where two columns of a table have the same enumeration."""
    return sa.Enum(enum, native_enum=False, length=32, create_constraint=True, name=name or enum.__name__.lower())


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment: with an offset on the way in, in UTC on the way out, on SQLite too, which keeps none."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs an offset")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: Minor units: SQLModel's own `int` becomes 32 bits wide on PostgreSQL.
MINOR: Final = sa.BigInteger
TIMESTAMP: Final = UtcDateTime
