"""What is measured: read from the parts of a process when somebody asks, so that it costs nothing before."""

import asyncio

from endpoint.sockets import Sockets
from pages.metrics import Metric
from streaming.stream import Stream


async def measure(stream: Stream, sockets: Sockets) -> list[Metric]:
    """Of this process alone."""
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
    ]
