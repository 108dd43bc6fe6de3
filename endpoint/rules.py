"""What every socket and event stream of one endpoint obeys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from endpoint.context import Authenticate, C
from endpoint.limits import Limits
from endpoint.sharing import Sharing
from endpoint.sockets import Closable, Sockets
from streaming.sharing.line import Room


@dataclass(frozen=True, kw_only=True)
class SocketRules(Generic[C]):
    """`sharing`: None where every subscription is executed for its subscriber alone."""

    limits: Limits
    sockets: Sockets
    authenticate: Authenticate[C]
    now: Callable[[], datetime]
    sharing: Sharing[C] | None = None

    def hold(self, socket: Closable, context: C, *, address: str = "") -> None:
        """Keeps a socket whose it is now known. Raises Refused."""
        self.sockets.hold(
            socket, context.session_id, context.account_id, address=address, privileged=context.privileged
        )

    @property
    def room(self) -> Room:
        return Room(budget=self.limits.waiting_bytes, patience=self.limits.patience.total_seconds())
