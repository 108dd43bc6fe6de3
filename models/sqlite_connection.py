"""SQLite's connection, whose thread gets as few turns as may be: each costs several times what a statement does."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import aiosqlite
from typing_extensions import override

T = TypeVar("T")


class SQLiteConnection(aiosqlite.Connection):
    """One to a database that is to be opened yet."""

    def __init__(self, database: str, **options: Any) -> None:
        super().__init__(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy has it: a program that is told to end does not wait for it

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """All of it in one turn."""
        found: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call] # as the driver is
        return found

    @override
    async def commit(self) -> None:
        if self.in_transaction:
            await super().commit()

    @override
    async def rollback(self) -> None:
        if self.in_transaction:
            await super().rollback()
