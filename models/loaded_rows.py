"""Orders and payments read by prepared statements, as objects of the session: its own way costs several times as much,
and every payment goes through it four times."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import manager_of_class, set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlmodel import SQLModel

from models.statement import Statement

T = TypeVar("T", bound=SQLModel)


def select_rows(table: type[SQLModel], *conditions: Any, locked: bool = False, by: Sequence[Any] = ()) -> Statement:
    """Whole rows, in the order of `by`; `locked` until the transaction ends."""
    columns = _columns(table)
    query = sa.select(*columns).where(*conditions).order_by(*by)
    return Statement(query.with_for_update() if locked else query, returned=columns)


def adopt(session: AsyncSession, table: type[T], row: Sequence[Any]) -> T:
    """The object of a row of `select_rows`: the one that the session has, brought up to date, or a new one of its."""
    names = _names(table)
    place = names.index("id")
    known = session.identity_map.get(identity_key(table, row[place]))
    if known is not None:
        for name, value in zip(names, row, strict=True):
            set_committed_value(known, name, value)
        return known
    made = bare_row(table, zip(names, row, strict=True))
    make_transient_to_detached(made)
    session.add(made)
    return made


def bare_row(table: type[T], values: Iterable[tuple[str, Any]]) -> T:
    """An object that no session has, of a value for each of its columns; made without the ORM, which takes its time."""
    made: T = manager_of_class(table).new_instance()
    made.__dict__.update(values)
    return made


@cache
def _columns(table: type[SQLModel]) -> Sequence[sa.Column[Any]]:
    return list(sa.inspect(table).columns)


@cache
def _names(table: type[SQLModel]) -> Sequence[str]:
    """Of its attributes, in the order of its columns."""
    mapper = sa.inspect(table)
    return [mapper.get_property_by_column(column).key for column in _columns(table)]
