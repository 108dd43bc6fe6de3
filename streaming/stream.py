"""The stream of one process, as the program that assembles it starts, stops and watches it."""

import asyncio
import contextlib
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from models.database import Database
from streaming.hints import Hints, open_broadcast
from streaming.log import current_place
from streaming.ring import StartAfresh, StreamStopped
from streaming.sharing.streams import Streams
from streaming.tailer import Tailer

#: Seconds that delivering what is committed may take at the end.
FLUSH: Final = 2.0


class StreamDown(Exception):
    """The log cannot be read now: subscribers hear nothing, and lose nothing."""


class Stream:
    """Hints and tailer together. `database.announce = stream.announce` makes commits known at once."""

    def __init__(self, database: Database, broadcast_url: str, *, poll_seconds: float = 1.0) -> None:
        """Raises ValueError for a broadcast that is not known."""
        self.hints = Hints(open_broadcast(broadcast_url))
        self.tailer = Tailer(database, self.hints, poll_seconds=poll_seconds)
        self.streams = Streams(self.tailer)
        self._announcing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Raises what the database raises; a broker may be missing."""
        await self.tailer.start()
        await self.hints.start()

    async def stop(self) -> None:
        """After the last commit: what was announced is still sent."""
        if self._announcing:
            await asyncio.wait(self._announcing)
        await self.tailer.stop()
        await self.hints.stop()

    async def flush(self) -> None:
        """Delivers what is committed already, as far as that can be done in a moment."""
        with contextlib.suppress(SQLAlchemyError, OSError, StreamStopped, StartAfresh):  # others deliver it, then
            async with asyncio.timeout(FLUSH):
                position = (await current_place(self.tailer.database)).position
                self.tailer.look()
                await self.tailer.wait_beyond(position - 1)
                while self.streams.busy:  # noqa: ASYNC110  # by many streams, each in its own way
                    await asyncio.sleep(0.01)

    def announce(self, position: int) -> None:
        """Say that the log has reached this position. Called in the event loop; nobody waits, nothing fails."""
        task = asyncio.get_running_loop().create_task(self.hints.publish(position))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    def check(self) -> str | None:
        """None when all is well, and what is not when delivery goes on regardless. Raises StreamDown."""
        if not self.tailer.healthy:
            raise StreamDown("the log cannot be read")
        return None if self.hints.healthy else "hints are not arriving: changes are delivered by polling"
