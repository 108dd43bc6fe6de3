"""Where the log ends now: one look for all who ask at the same time."""

import asyncio

from models.database import Database
from streaming.log import Head, open_log, read_head


class Heads:
    """A look that has begun is of no use to one who comes later; all who come meanwhile share the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: asyncio.Task[Head] | None = None
        self._next: asyncio.Task[Head] | None = None

    async def now(self) -> Head:
        """Read after this was called. Raises what the database raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._look(self._running))
        return await asyncio.shield(self._next)

    async def _look(self, before: "asyncio.Task[Head] | None") -> Head:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        async with open_log(self._database) as session:
            return await read_head(session)
