"""The open sockets of this process: how many there may be, and how they end when what they rest on does."""

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Collection, Hashable
from typing import Final, Protocol
from uuid import UUID

from endpoint.limits import Limits

#: Seconds for which the end of a session or account is remembered: longer than it takes from a handshake, by the cookie
#: that came with it, to the acknowledgement, so that one that was let in on what ended meanwhile does not slip through.
REMEMBERED: Final = 20.0
#: How a drain goes about it: so many at once are no storm anywhere, and so many seconds lie between two slices.
AT_ONCE: Final = 50
PAUSE: Final = 0.1


class Closable(Protocol):
    """An open socket."""

    def close(self, code: int, reason: str) -> None:
        """Ends its operations at once and begins to close it; a reader that has stalled is not waited for."""


class Refused(Exception):
    """No more of these, or no longer: `code` and `reason` close the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sockets:
    """Closes sockets from outside. Holds each from its handshake to its end, by identity once it has one.

    4403 is retried by clients of graphql-transport-ws: with a fresh token they get in again, without one they are
    refused. (On 4401 they would give up for good.) So are 1012, a restart, and 1013, too many. Call it from the event
    loop's own thread. `draining`: nobody new is let in.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.draining = False
        #: How many were closed from here, by code.
        self.closed: Counter[int] = Counter()
        self._limits = limits or Limits()
        self._owners: dict[Closable, frozenset[Hashable]] = {}
        self._held: dict[Hashable, dict[Closable, None]] = {}
        self._ended: dict[UUID, tuple[float, int, str]] = {}
        self._privileged: dict[Closable, UUID] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def is_full(self, address: str) -> bool:
        """Whether this address has as many sockets as it may have."""
        return len(self._held.get(address, ())) >= self._limits.sockets_per_address

    def hold(
        self,
        socket: Closable,
        session_id: UUID | None = None,
        account_id: UUID | None = None,
        *,
        address: str = "",
        privileged: bool = False,
    ) -> None:
        """Keeps `socket`, once more when it is known whose it is. Raises Refused, and keeps it none the less: it is
        let go when it has been closed."""
        owners: set[Hashable] = {owner for owner in (session_id, account_id, address) if owner}
        for owner in owners:
            self._held.setdefault(owner, {})[socket] = None
        self._owners[socket] = self._owners.get(socket, frozenset()) | owners
        if privileged and account_id is not None:
            self._privileged[socket] = account_id
        for ended in (session_id, account_id):
            if ended is not None and ended in self._ended:
                raise Refused(*self._ended[ended][1:])
        if account_id is not None and len(self._held[account_id]) > self._limits.sockets_per_account:
            raise Refused(1013, "Too many sockets")

    @property
    def privileged(self) -> frozenset[UUID]:
        """Accounts that hold sockets on which they may see more than their own."""
        return frozenset(self._privileged.values())

    def release(self, socket: Closable) -> None:
        self._privileged.pop(socket, None)
        for owner in self._owners.pop(socket, ()):
            held = self._held[owner]
            del held[socket]
            if not held:
                del self._held[owner]

    def close_session(self, session_id: UUID, *, code: int = 4403, reason: str = "Signed out") -> int:
        """Closes what was opened with this session, and says how many sockets that were."""
        return self._end(session_id, code, reason)

    def close_account(self, account_id: UUID, *, code: int = 4403, reason: str = "Access has changed") -> int:
        """Closes every socket of the account, whichever session opened it, and says how many that were."""
        return self._end(account_id, code, reason)

    def close_all(self, *, code: int = 1012, reason: str = "Service restart") -> int:
        """Closes every socket, and says how many that were."""
        return _close(list(self._owners), code, reason)

    async def drain(self, seconds: float) -> None:
        """Closes every socket within that time, a few at a time and in no order, so that not all come back at once."""
        waiting = list(self._owners)
        random.shuffle(waiting)
        size = max(AT_ONCE, math.ceil(len(waiting) * PAUSE / seconds))
        while waiting:
            _close(waiting[:size], 1012, "Service restart")
            del waiting[:size]
            if waiting:
                await asyncio.sleep(PAUSE * random.uniform(0.5, 1.0))  # noqa: S311  # no secret

    def _end(self, owner: UUID, code: int, reason: str) -> int:
        now = time.monotonic()
        self._ended = {each: end for each, end in self._ended.items() if end[0] > now - REMEMBERED}
        self._ended[owner] = (now, code, reason)
        return _close(list(self._held.get(owner, ())), code, reason)


def _close(sockets: Collection[Closable], code: int, reason: str) -> int:
    for socket in sockets:
        socket.close(code, reason)
    return len(sockets)
