"""Hearing of every statement that is sent to a database, whichever engine sends it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from models.database import Database


@contextmanager
def noting(database: Database, note: Callable[..., None], when: str = "before_cursor_execute") -> Iterator[None]:
    """`note` is called as SQLAlchemy calls listeners of that event. Prepared statements go past it."""
    listen(database, note, when)
    try:
        yield
    finally:
        for engine in _engines(database):
            sa.event.remove(engine, when, note)


def listen(database: Database, note: Callable[..., None], when: str = "before_cursor_execute") -> None:
    """As noting(), for as long as the database is open."""
    for engine in _engines(database):
        sa.event.listen(engine, when, note)


def _engines(database: Database) -> set[Any]:
    if database.sqlite:  # where one is a view of the other, and hears of the same
        return {database.engine.sync_engine}
    return {database.engine.sync_engine, database.reader.sync_engine}
