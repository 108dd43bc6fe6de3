"""How often one may try to sign in: against guessing passwords, one account's or many."""

import math
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from ipaddress import IPv4Address, ip_address
from itertools import islice
from time import monotonic
from typing import Final

#: Whom a process remembers at most. Beyond that it forgets those who tried longest ago, rather than grow.
MOST_KEYS: Final = 100_000
#: One household or server has a whole network of this length in IPv6.
_IPV6_PREFIX: Final = 64


class TooManyAttempts(Exception):
    """`retry_after`: in how many whole seconds the next attempt is let through."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts; again in {retry_after} s")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Rate:
    most: int
    per: timedelta


FOR_BOTH: Final = Rate(10, timedelta(minutes=5))
FOR_ADDRESS: Final = Rate(30, timedelta(minutes=5))


class Throttle:
    """Counts attempts in this process alone: of several processes each allows as much.

    By e-mail and address together, so that nobody can lock another out, and by address, whichever e-mails it tries.
    `clock` counts seconds from anywhere.
    """

    def __init__(
        self,
        *,
        for_both: Rate = FOR_BOTH,
        for_address: Rate = FOR_ADDRESS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._both = _MovingWindow(for_both)
        self._address = _MovingWindow(for_address)
        self._clock = clock
        self._salt = secrets.token_bytes(16)

    def attempt(self, *, email: str, address: str) -> None:
        """Counts one attempt. Raises TooManyAttempts; what is refused is not counted."""
        now, network = self._clock(), _network(address)
        wait = max(self._address.wait(network, now), self._both.wait(self._key(email, network), now))
        if wait > 0:
            raise TooManyAttempts(math.ceil(wait))
        self._address.count(network, now)
        self._both.count(self._key(email, network), now)

    def succeeded(self, *, email: str, address: str) -> None:
        """They knew the password: what they tried before is forgiven, though not to their address."""
        self._both.forget(self._key(email, _network(address)))

    def _key(self, email: str, network: str) -> str:
        """Not the e-mail itself, so that it shows up in no log and no dump of memory."""
        return blake2b(f"{email}\n{network}".encode(errors="replace"), key=self._salt, digest_size=16).hexdigest()


class _MovingWindow:
    """The moments of the last attempts under each key, of those that still count; latest keys last."""

    def __init__(self, rate: Rate) -> None:
        self._most = rate.most
        self._span = rate.per.total_seconds()
        self._moments: dict[str, deque[float]] = {}

    def wait(self, key: str, now: float) -> float:
        """Seconds until one more is allowed; 0 where it is now."""
        moments = self._moments.get(key)
        return moments[0] + self._span - now if moments and len(moments) == self._most else 0.0

    def count(self, key: str, now: float) -> None:
        moments = self._moments.pop(key, None) or deque(maxlen=self._most)
        moments.append(now)
        self._moments[key] = moments
        self._drop_old(now)

    def forget(self, key: str) -> None:
        self._moments.pop(key, None)

    def _drop_old(self, now: float) -> None:
        for key in list(islice(self._moments, 2)):  # each attempt adds one at most, so that two keep ahead
            if self._moments[key][-1] + self._span <= now or len(self._moments) > MOST_KEYS:
                del self._moments[key]


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - _IPV6_PREFIX):x}"
