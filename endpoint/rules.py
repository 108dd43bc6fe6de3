"""What every socket and event stream of one endpoint obeys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from endpoint.context import Authenticate, C
from endpoint.limits import Limits
from endpoint.sharing import Sharing
from endpoint.sockets import Sockets
from streaming.sharing.line import Room


@dataclass(frozen=True, kw_only=True)
class SocketRules(Generic[C]):
    """`sharing`: None where every subscription is executed for its subscriber alone."""

    limits: Limits
    sockets: Sockets
    authenticate: Authenticate[C]
    now: Callable[[], datetime]
    sharing: Sharing[C] | None = None

    @property
    def room(self) -> Room:
        return Room(budget=self.limits.waiting_bytes, patience=self.limits.patience.total_seconds())
