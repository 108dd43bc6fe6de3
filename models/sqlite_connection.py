"""SQLite's connection, whose thread gets as few turns as may be: each costs several times what a statement does."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar
from weakref import WeakSet

import aiosqlite
from typing_extensions import override

T = TypeVar("T")

#: Steps of SQLite's machine between two looks at the clock: a millisecond or so.
_STEPS: Final = 10_000


class Deadline:
    """Ends a statement of SQLite that takes longer than so many seconds, as PostgreSQL does by itself; a commit has all
    the time it needs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = float("inf")

    def start(self) -> None:
        self._at = time.monotonic() + self._seconds

    def stop(self) -> None:
        self._at = float("inf")

    def is_over(self) -> bool:
        return time.monotonic() > self._at


class _Connection(sqlite3.Connection):
    """A statement that nobody has read to its end holds its lock as long as its cursor exists, which may be in rubbish
    that is collected much later; neither a rollback nor closing the connection ends it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    @override
    def cursor(self, *args: Any, **options: Any) -> Any:
        made = super().cursor(*args, **options)
        self._cursors.add(made)
        return made

    def close_cursors(self) -> None:
        for each in list(self._cursors):
            each.close()


class SQLiteConnection(aiosqlite.Connection):
    """One to a database that is to be opened yet. `timeout`: seconds that a statement may wait for a lock, and take."""

    def __init__(self, database: str, *, timeout: float, **options: Any) -> None:
        super().__init__(partial(self._open, database, timeout=timeout, **options), iter_chunk_size=64)
        self.deadline = Deadline(timeout)
        #: Whether somebody has left while it worked: its thread may begin a transaction that nobody knows of.
        self._left_alone = False
        self._thread.daemon = True  # as SQLAlchemy has it: a program that is told to end does not wait for it

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """All of it in one turn."""
        try:
            found: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call] # as the driver is
        except asyncio.CancelledError:
            self._left_alone = True
            raise
        return found

    @override
    async def commit(self) -> None:
        if self.in_transaction:
            await super().commit()

    @override
    async def rollback(self) -> None:
        if self._left_alone or self.in_transaction:
            await super().rollback()  # behind what is still to be done
            self._left_alone = False

    @override
    def stop(self) -> asyncio.Future[Any] | None:
        # Closed with a statement that nobody has read to its end, it would go on holding its locks.
        self._tx.put_nowait((None, self._undo))
        stopped: asyncio.Future[Any] | None = super().stop()
        return stopped

    @override
    async def close(self) -> None:
        self._tx.put_nowait((None, self._undo))
        await super().close()

    def _undo(self) -> None:
        if self._connection is not None:
            self._connection.close_cursors()  # type: ignore[attr-defined] # it is ours
            self._connection.rollback()

    def _open(self, database: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(database, factory=_Connection, **options)
        connection.set_progress_handler(self.deadline.is_over, _STEPS)
        return connection
