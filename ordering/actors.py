"""Actors: who makes a change, as the history names them."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from models.change import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """`account_id` is None for the system itself and for the payment provider."""

    kind: ActorKind
    account_id: UUID | None = None

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF


SYSTEM: Final = Actor(ActorKind.SYSTEM)
PAYMENT_PROVIDER: Final = Actor(ActorKind.PAYMENT_PROVIDER)
