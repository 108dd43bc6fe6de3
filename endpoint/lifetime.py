"""What ends a socket on its own: the end of its token, and a peer that no longer answers pings."""

import asyncio
from collections.abc import Callable
from datetime import timedelta


class Lifetime:
    """Two timers of the running loop; a socket that idles costs no task."""

    def __init__(self, *, close: Callable[[int, str], None], ping: Callable[[], None]) -> None:
        self._close = close
        self._ping = ping
        self._heard = False
        self._expiry: asyncio.TimerHandle | None = None
        self._beat: asyncio.TimerHandle | None = None

    def start(self, *, left: timedelta | None, ping_interval: timedelta | None) -> None:
        """`left` is how long the token still holds."""
        if left is not None:
            seconds = max(0.0, left.total_seconds())
            self._expiry = asyncio.get_running_loop().call_later(seconds, self._close, 4403, "Token expired")
        if ping_interval is not None:
            self._beat_after(ping_interval)

    def heard(self) -> None:
        """The peer has sent something, be it what it may."""
        self._heard = True

    def stop(self) -> None:
        for timer in (self._expiry, self._beat):
            if timer is not None:
                timer.cancel()

    def _beat_after(self, interval: timedelta) -> None:
        self._beat = asyncio.get_running_loop().call_later(interval.total_seconds(), self._on_beat, interval)

    def _on_beat(self, interval: timedelta) -> None:
        if not self._heard:
            self._close(1013, "No sign of life")
            return
        self._heard = False
        self._ping()
        self._beat_after(interval)
