"""What every hint backend shares: a bounded place for what was heard, and a subscription that is made anew for ever."""

import abc
import asyncio
import logging
import random

from broadcaster import BroadcastBackend, Event

CHANNEL = "orders"
RESYNC = "resync"  # put among the hints after every (re)connection: anything may have been missed
ROOM = 64  # distinct messages kept for a busy event loop; beyond that one RESYNC says it all
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds between attempts to connect

logger = logging.getLogger(__name__)


class HintBackend(BroadcastBackend, abc.ABC):
    """One subscription a process, on one channel. Connecting never fails: it goes on trying behind the scenes."""

    def __init__(self) -> None:
        # The base class only forbids to be made.
        self._heard: dict[str, None] = {}
        self._anything = asyncio.Event()
        self._pause = FIRST_PAUSE
        self._lost = False
        self._task: asyncio.Task[None] | None = None

    @abc.abstractmethod
    async def _listen(self) -> None:
        """Subscribe, call connected(), then hear() until the connection ends, which is an exception."""

    @abc.abstractmethod
    async def _send(self, message: str) -> None:
        """Publish one message; raises whatever the driver raises."""

    async def connect(self) -> None:
        """Begin to listen, from scratch if already listening."""
        await HintBackend.disconnect(self)
        self._task = asyncio.create_task(self._listen_for_ever(), name="hints: listen")

    async def disconnect(self) -> None:
        """Stop listening; what was heard stays to be read."""
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)
            self._task = None

    async def publish(self, channel: str, message: str) -> None:
        """Raises whatever the driver raises, and ValueError for a channel other than the one there is."""
        _check(channel)
        await self._send(message)

    # Neither awaits, since broadcaster loses subscribers whose first subscriptions interleave; the subscription is
    # kept up anyway, since broadcaster's leaving and joining race too.
    async def subscribe(self, group: str) -> None:
        """Raises ValueError for a channel other than the one there is."""
        _check(group)

    async def unsubscribe(self, group: str) -> None:
        """Raises ValueError as well; what is heard without a subscriber is dropped by broadcaster."""
        _check(group)

    async def next_published(self) -> Event:
        """Wait for the oldest message not yet handed out; never raises, which would end broadcaster's delivery."""
        while not self._heard:
            self._anything.clear()
            await self._anything.wait()
        message = next(iter(self._heard))
        del self._heard[message]
        return Event(CHANNEL, message)

    def hear(self, message: str) -> None:
        """Keep a message for next_published(); the same message twice is one."""
        if len(self._heard) >= ROOM:
            self._heard = {RESYNC: None}
        self._heard[message] = None
        self._anything.set()

    def connected(self) -> None:
        """From now on everything published arrives."""
        if self._lost:
            logger.info("hints: listening again")
        self._pause, self._lost = FIRST_PAUSE, False
        self.hear(RESYNC)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  # whatever a driver raises, listening goes on
                # The text of the error could quote the url, and with it a password.
                logger.log(logging.DEBUG if self._lost else logging.WARNING, "hints: lost (%s)", type(error).__name__)
                self._lost = True
            # Spread, so that a thousand processes do not come back to a broker in one instant.
            await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
            self._pause = min(self._pause * 2, LONGEST_PAUSE)


def _check(channel: str) -> None:
    if channel != CHANNEL:
        raise ValueError(f"There is one channel, {CHANNEL!r}, not {channel!r}.")
