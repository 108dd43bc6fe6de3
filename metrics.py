"""What is measured: read from the parts of a process when somebody asks, so that it costs nothing before."""

import asyncio
import contextlib
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from endpoint.sockets import Sockets
from models.database import Database
from pages.metrics import Metric
from reading.outbox import count_mails
from streaming.stream import Stream

#: Seconds that the database may take to count: whoever scrapes does not wait long.
COUNTING: Final = 2.0


async def measure(database: Database, stream: Stream, sockets: Sockets) -> list[Metric]:
    """Of this process alone, but for the outbox, which all share."""
    tailer, streams, hints = stream.tailer, stream.streams, stream.hints
    lag = await stream.lag()
    return [
        Metric(
            "hints_late", "Whether hints do not arrive, so that changes are delivered by polling.", not hints.healthy
        ),
        Metric("hints_unsent_total", "Hints that could not be sent.", hints.failures),
        Metric("log_readable", "Whether the log could be read at the last look.", tailer.healthy),
        Metric("log_position", "The position up to which the log was read.", tailer.position),
        *([] if lag is None else [Metric("log_lag", "Positions that are committed and not read yet.", lag)]),
        Metric("sockets", "Open sockets and event streams.", len(sockets)),
        Metric("sockets_closed_total", "Sockets closed by the server, by code.", sockets.closed, label="code"),
        Metric("shared_streams", "Streams that subscribers share.", len(streams)),
        Metric("subscribers", "Subscribers of shared streams.", streams.subscribers),
        Metric("deliveries_total", "Events of shared streams written to subscribers.", streams.delivered),
        Metric("tasks", "Tasks under way in this process.", len(asyncio.all_tasks())),
        Metric("kept_bytes", "Bytes of rendered and read past kept for those who come back.", streams.kept.bytes),
        *await _mails(database),
    ]


async def _mails(database: Database) -> list[Metric]:
    """None where the database cannot say."""
    with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
        async with asyncio.timeout(COUNTING), database.selecting() as connection:
            outbox = await count_mails(connection)
        return [
            Metric("mails_waiting", "Mails that are to be sent, or wait for their next try.", outbox.waiting),
            Metric("mails_given_up", "Mails that were given up, and were never sent.", outbox.given_up),
        ]
    return []
