"""What the demo's stories play in: the shop's own parts, and a clock that can be set to the past."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from gateways.payments.sandbox import Sandbox
from models.account import AccountType
from models.change import ActorKind
from models.database import Database
from ordering.actors import Actor
from ordering.terms import Terms
from pages.upload_store import UploadStore

_STEP: Final = timedelta(seconds=5)


class Clock:
    """Moves a database's clock, and with it that of everything which asks the database for the time."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self.now = now
        self.move(now)

    def move(self, to: datetime) -> None:
        """Never back: two things at the same moment happen some seconds apart, in the order in which they are told."""
        self.now = max(to.replace(microsecond=0), self.now + _STEP)
        self._database.clock_offset = self.now - datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class World:
    """`provider` keeps its books in the same `database`: its clock moves along."""

    database: Database
    provider: Sandbox
    terms: Terms
    uploads: UploadStore
    clock: Clock
    staff_id: UUID

    @property
    def staff(self) -> Actor:
        return Actor(ActorKind.STAFF, self.staff_id)


@dataclass(frozen=True, slots=True)
class Customer:
    """`methods`: ids of saved payment methods by the provider's token."""

    account_id: UUID
    account_type: AccountType
    email: str
    country: str
    prepaid: bool
    methods: dict[str, UUID] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CUSTOMER, self.account_id)
