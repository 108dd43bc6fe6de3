"""Hints through PostgreSQL: LISTEN on a connection of its own (past any transaction pooler), NOTIFY on another."""

import asyncio

from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from streaming.hints.backend import CHANNEL, HintBackend

# Seconds; with them a peer that vanished without a word is noticed within about half a minute.
PATIENCE = {"connect_timeout": 3, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


class PostgresBackend(HintBackend):
    """For the url of the database itself, with or without SQLAlchemy's "+driver"."""

    def __init__(self, url: str) -> None:
        super().__init__()
        scheme, rest = url.split(":", 1)
        plain = f"{scheme.partition('+')[0]}:{rest}"
        self._conninfo = make_conninfo(plain, application_name="orders hints", **PATIENCE)
        self._publisher: AsyncConnection | None = None
        # A connection runs one statement at a time.
        self._publishing = asyncio.Lock()

    async def disconnect(self) -> None:
        """Close both connections; connect() opens new ones."""
        await super().disconnect()
        await self._close_publisher()

    async def _listen(self) -> None:
        connection = await self._open()
        try:
            await connection.execute(SQL("LISTEN {}").format(Identifier(CHANNEL)))
            self.connected()
            async for notification in connection.notifies():
                self.hear(notification.payload)
        finally:
            await connection.close()

    async def _send(self, message: str) -> None:
        async with self._publishing:
            if self._publisher is None:
                self._publisher = await self._open()
            try:
                await self._publisher.execute("SELECT pg_notify(%s, %s)", (CHANNEL, message))
            except BaseException:
                await self._close_publisher()
                raise

    async def _open(self) -> AsyncConnection:
        return await AsyncConnection.connect(self._conninfo, autocommit=True)

    async def _close_publisher(self) -> None:
        if self._publisher:
            publisher, self._publisher = self._publisher, None
            await publisher.close()
