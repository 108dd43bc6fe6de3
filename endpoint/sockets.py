"""The open sockets of this process, found by session or account when what they rest on ends."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID


class Closable(Protocol):
    """An open socket."""

    def close(self, code: int, reason: str) -> None:
        """Ends its operations at once and begins to close it; a reader that has stalled is not waited for."""


class Sockets:
    """Closes sockets from outside. Holds each from its handshake to its end, by identity once it has one.

    4403 is retried by clients of graphql-transport-ws: with a fresh token they get in again, without one they are
    refused. (On 4401 they would give up for good.) So is 1012, a restart. Call it from the event loop's own thread.
    """

    def __init__(self) -> None:
        self._owners: dict[Closable, frozenset[UUID]] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def hold(self, socket: Closable, *owners: UUID | None) -> None:
        """Keeps `socket`, now known to belong to these sessions and accounts."""
        self._owners[socket] = frozenset(owner for owner in owners if owner is not None)

    def release(self, socket: Closable) -> None:
        self._owners.pop(socket, None)

    def close_session(self, session_id: UUID, *, code: int = 4403, reason: str = "Signed out") -> int:
        """Closes what was opened with this session, and says how many sockets that were."""
        return _close(self._of(session_id), code, reason)

    def close_account(self, account_id: UUID, *, code: int = 4403, reason: str = "Access has changed") -> int:
        """Closes every socket of the account, whichever session opened it, and says how many that were."""
        return _close(self._of(account_id), code, reason)

    def close_all(self, *, code: int = 1012, reason: str = "Service restart") -> int:
        """Closes every socket, and says how many that were."""
        return _close(list(self._owners), code, reason)

    def _of(self, owner: UUID) -> list[Closable]:
        return [socket for socket, owners in self._owners.items() if owner in owners]


def _close(sockets: Collection[Closable], code: int, reason: str) -> int:
    for socket in sockets:
        socket.close(code, reason)
    return len(sockets)
