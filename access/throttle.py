"""How often one may try to sign in: against guessing passwords, one account's or many."""

import math
import re
import time
from contextlib import suppress
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, TypeAlias

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from typing_extensions import override

FOR_BOTH: Final = RateLimitItemPerMinute(10, 5, "sign-in")
FOR_NETWORK: Final = RateLimitItemPerMinute(30, 5, "sign-in")
#: A limit, and what it is counted for.
_Count: TypeAlias = tuple[RateLimitItem, str]
#: Whom a process remembers at most, more than it can check passwords of in five minutes; it forgets the oldest first.
MOST_KEYS: Final = 10_000
#: Seconds to connect to the shared server and to be answered.
TIMEOUT: Final = 1.0


class TooManyAttempts(Exception):
    """`retry_after`: in how many whole seconds the next attempt is let through."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts; again in {retry_after} s")
        self.retry_after = retry_after


class Throttle:
    """By e-mail and network together, so that nobody can lock another out, and by network, whichever e-mails it tries.

    `secret`: the same for all processes, so that what is kept of either tells nobody which it is. `url`: with that of
    a Redis or Valkey all processes count together; with any other, and while it does not answer, each counts alone.
    """

    def __init__(
        self,
        secret: str,
        url: str = "memory://",
        *,
        for_both: RateLimitItem = FOR_BOTH,
        for_network: RateLimitItem = FOR_NETWORK,
    ) -> None:
        self._key = blake2b(secret.encode(), person=b"sign-in").digest()
        self._for_both, self._for_network = for_both, for_network
        self._shared = _Shared(url) if re.match("(redis|valkey)s?:", url) else None
        self._limiters = [MovingWindowRateLimiter(store) for store in (self._shared, _Memory()) if store is not None]

    async def attempt(self, *, email: str, address: str) -> None:
        """Counts one attempt. Raises TooManyAttempts; what is refused is not counted."""
        network = _network(address)
        both = self._for_both, self._hidden(email, network)
        for limiter in self._limiters:
            with suppress(StorageError):
                await _count(limiter, both, (self._for_network, self._hidden(network)))
                return

    async def succeeded(self, *, email: str, address: str) -> None:
        """They knew the password: what they tried before is forgiven, though not to their network."""
        for limiter in self._limiters:
            with suppress(StorageError):
                await limiter.clear(self._for_both, self._hidden(email, _network(address)))

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.pool.aclose()

    def _hidden(self, *parts: str) -> str:
        return blake2b("\n".join(parts).encode(errors="replace"), key=self._key, digest_size=16).hexdigest()


async def _count(limiter: MovingWindowRateLimiter, both: _Count, network: _Count) -> None:
    if await limiter.test(*both) and await limiter.hit(*network) and await limiter.hit(*both):
        return
    windows = [await limiter.get_window_stats(*one) for one in (both, network)]
    wait = max((window.reset_time - time.time() for window in windows if window.remaining < 1), default=0.0)
    raise TooManyAttempts(math.floor(wait) + 1)


class _Memory(MemoryStorage):
    """The library's own task, which each attempt starts, forgets what is over; this bounds what is not."""

    @override
    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        if len(self.events) >= MOST_KEYS and key not in self.events:
            await self.clear(next(iter(self.events)))
        return await super().acquire_entry(key, limit, expiry, amount)

    @override
    async def clear(self, key: str) -> None:
        if self.timer is not None:
            self.timer.cancel()  # that task would fail with KeyError at a key that goes before it comes there
        await super().clear(key)


class _Shared(RedisStorage):
    def __init__(self, url: str) -> None:
        from redis.asyncio import ConnectionPool  # noqa: PLC0415 (it takes long, and a single machine does not need it)

        url = re.sub("^valkey", "redis", url)
        self.pool = ConnectionPool.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        options: dict[str, Any] = {"connection_pool": self.pool}  # documented, and declared for plain values only
        super().__init__("async+redis://", wrap_exceptions=True, implementation="redispy", **options)


def _network(address: str) -> str:
    """One household or server has a whole network of 64 bits in IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return f"{int(parsed) >> 64:x}" if parsed.ipv4_mapped is None else str(parsed.ipv4_mapped)
    return str(parsed)
