"""Migration 0005: further reasons for which what a provider tells is held."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final[str | None] = "0004"
branch_labels: Final[Sequence[str] | None] = None
depends_on: Final[Sequence[str] | None] = None

_COLUMNS: Final = (("inbox_events", "held_for"), ("payments", "mismatch"))
_BEFORE: Final = (
    "UNKNOWN_CHARGE",
    "UNKNOWN_REFUND",
    "OTHER_ATTEMPT",
    "OTHER_AMOUNT",
    "OTHER_CURRENCY",
    "REFUNDED_TOO_MUCH",
    "DISPUTED",
)
_AFTER: Final = (*_BEFORE, "UNKNOWN_TYPE", "OTHER_MODE", "UNREADABLE")


def upgrade() -> None:
    _allow(_BEFORE, _AFTER)


def downgrade() -> None:
    _allow(_AFTER, _BEFORE)


def _allow(before: Sequence[str], after: Sequence[str]) -> None:
    if op.get_context().dialect.name == "postgresql":
        for table, column in _COLUMNS:
            op.drop_constraint(f"ck_{table}_mismatch", table)
            op.create_check_constraint(op.f(f"ck_{table}_mismatch"), table, _one_of(column, after))
        return
    # SQLite would make the tables anew, and other tables refer to them. A constraint is text only, and this is how its
    # documentation has it changed (sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, column in _COLUMNS:
        changed = connection.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
                " WHERE type = 'table' AND name = :name AND instr(sql, :before) > 0"
            ),
            {"name": table, "before": _one_of(column, before), "after": _one_of(column, after)},
        )
        if changed.rowcount != 1:
            raise LookupError(table)
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _one_of(column: str, names: Sequence[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return f"{column} IN ({listed})"
