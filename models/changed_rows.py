"""What a session has made and changed of orders and payments, as prepared statements: its own way costs several times
as much, and every payment goes through it twice."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import metadata
from models.order import Order
from models.payment import Payment
from models.statement import Statement, Values

_TABLES: Final[dict[type, sa.Table]] = {each: metadata.tables[str(each.__tablename__)] for each in (Order, Payment)}

ChangedRows: TypeAlias = Sequence[tuple[Statement, Values]]


def take_changed_rows(session: AsyncSession) -> ChangedRows:
    """The session holds them no longer. Nothing where it holds changes of other kinds too: it knows their order."""
    new, changed = list(session.new), list(session.dirty)
    if session.deleted or not {type(each) for each in (*new, *changed)} <= _TABLES.keys():
        return []
    work: list[tuple[Statement, Values]] = [
        (_insert(_TABLES[type(each)]), _values(each, _TABLES[type(each)].c.keys())) for each in new
    ]
    work += [update for each in changed if (update := _update_of(each)) is not None]
    for each in (*new, *changed):
        session.expunge(each)
    return work


def _update_of(row: Any) -> tuple[Statement, Values] | None:
    before = sa.inspect(row).committed_state
    names = [name for name, old in before.items() if old != getattr(row, name)]
    if not names:
        return None
    of = {"of_id": row.id}
    if isinstance(row, Order):
        of["of_version"] = before.get("version", row.version)
    return _update(_TABLES[type(row)], frozenset(names)), {**_values(row, names), **of}


def _values(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


@cache
def _insert(table: sa.Table) -> Statement:
    return Statement(table.insert(), columns=table.c.keys())


@cache
def _update(table: sa.Table, names: frozenset[str]) -> Statement:
    """An order is changed in the version that was read."""
    statement = table.update().where(table.c.id == sa.bindparam("of_id", type_=table.c.id.type)).returning(table.c.id)
    if table is _TABLES[Order]:
        statement = statement.where(table.c.version == sa.bindparam("of_version", type_=table.c.version.type))
    return Statement(statement, columns=sorted(names), returned=[table.c.id], finds=True)
