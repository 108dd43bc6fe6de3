"""A connection kept for reading on in the log, which one task does all the time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from models.database import Database
from models.engine import STATEMENT_TIMEOUT
from models.statement import Driver


class LogConnection:
    """Without a transaction around each statement, and without asking a pool that would try it first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: tuple[AsyncConnection, Driver] | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[AsyncConnection, Driver]]:
        """For a bounded time: a connection can be dead without an error. After an error it is a new one.

        Raises what the database raises, and TimeoutError, which is an OSError."""
        try:
            async with asyncio.timeout(2 * STATEMENT_TIMEOUT):
                yield self._connection or await self._connect()
        except BaseException:
            await self.close(broken=True)
            raise

    async def close(self, *, broken: bool = False) -> None:
        if self._connection is None:
            return
        (connection, _), self._connection = self._connection, None
        with contextlib.suppress(Exception):  # it may be what has failed
            if broken:
                await connection.invalidate()
            await connection.close()

    async def _connect(self) -> tuple[AsyncConnection, Driver]:
        connection = await self._database.reader.connect()
        self._connection = connection, await Driver.of(connection)
        return self._connection
