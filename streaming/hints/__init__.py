"""Hints between processes: "the log has grown", carried by broadcaster, late or lost without harm."""

from urllib.parse import urlsplit

from broadcaster import Broadcast

from streaming.hints.backend import CHANNEL, HintBackend
from streaming.hints.hints import Hints
from streaming.hints.memory import MemoryBackend

__all__ = ["CHANNEL", "Hints", "open_broadcast"]


def open_broadcast(url: str) -> Broadcast:
    """The broadcast for `memory://`, `redis(s)://`, `valkey(s)://` or a PostgreSQL url, not connected yet.

    Raises ValueError for any other scheme.
    """
    return Broadcast(backend=_backend(url))


def _backend(url: str) -> HintBackend:
    # Each driver takes a quarter of a second to import, and a single machine needs neither: hence the late imports.
    match urlsplit(url).scheme.partition("+")[0]:
        case "memory":
            return MemoryBackend()
        case "redis" | "rediss" | "valkey" | "valkeys":
            from streaming.hints.redis import RedisBackend  # noqa: PLC0415  # see above

            return RedisBackend(url)
        case "postgres" | "postgresql":
            from streaming.hints.postgres import PostgresBackend  # noqa: PLC0415  # see above

            return PostgresBackend(url)
        case other:
            raise ValueError(f"No broadcast speaks {other!r}: use memory, redis, rediss, valkey or postgresql.")
