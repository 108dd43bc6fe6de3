"""Hints through Redis or Valkey: PUBLISH, and one connection that does nothing but SUBSCRIBE."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from streaming.hints.backend import CHANNEL, HintBackend

TIMEOUT = 1.0  # seconds to connect and to be answered


class RedisBackend(HintBackend):
    """For `redis://`, `rediss://` (TLS) and the same two spelled `valkey`. Hints reach every database of the server."""

    def __init__(self, url: str) -> None:
        super().__init__()
        scheme, rest = url.split(":", 1)
        # No retries of the driver's own: it would subscribe again in silence, and what was missed would stay unknown.
        self._client = Redis.from_url(
            f"{scheme.replace('valkeys', 'rediss').replace('valkey', 'redis')}:{rest}",
            protocol=2,  # of what the third brings nothing is used, and each message costs more
            retry=Retry(NoBackoff(), 0),
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            socket_keepalive=True,
        )

    async def disconnect(self) -> None:
        """Close all connections; connect() opens new ones."""
        await super().disconnect()
        await self._client.aclose()

    async def _listen(self) -> None:
        async with self._client.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            while True:
                message = await subscription.get_message(timeout=None)
                if message is None:
                    continue
                if message["type"] == "subscribe":  # the broker's confirmation, not our request, is the beginning
                    self.connected()
                elif message["type"] == "message":
                    self.hear(message["data"].decode(errors="replace"))

    async def _send(self, message: str) -> None:
        await self._client.publish(CHANNEL, message)
