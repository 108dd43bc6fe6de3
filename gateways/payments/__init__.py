"""The door to a payment provider: what the product asks of any of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from models.money import Money
from models.payment import Mismatch, PaymentMethodKind, RefundStatus


class ChargeStatus(StrEnum):
    """PENDING: the provider will know later. ACTION_REQUIRED: the customer must go to `next_action_url`."""

    PENDING = "PENDING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class StrangeAmount:
    """What a provider tells and Money cannot say: a part of a currency's smallest unit, or a currency that is not ours.
    It is equal to no Money, so it fits nothing that we have asked for; `told` is in the provider's own unit."""

    currency: str
    told: int


@dataclass(frozen=True, slots=True)
class MethodDetails:
    """What the provider tells of a method: `label` is what to call it, e.g. "Visa ending in 4242", `expires_on` the
    last day on which it works, and `token` what to charge it by again, where it was kept for that."""

    label: str
    expires_on: date | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """How a charge stands at the provider. `reference` is the provider's name for it, `attempt` the idempotency key
    that it was sent under; `method` is what was charged, once that is known."""

    reference: str
    status: ChargeStatus
    amount: Money | StrangeAmount
    attempt: str | None = None
    next_action_url: str | None = None
    failure_code: str | None = None
    method: MethodDetails | None = None


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """How a refund stands at the provider. One that succeeded can fail days later, where a bank sends it back."""

    reference: str
    status: RefundStatus
    amount: Money | StrangeAmount
    attempt: str | None = None
    failure_code: str | None = None


class SetupStatus(StrEnum):
    """PENDING: the provider will know later. ACTION_REQUIRED: the customer must go to `next_action_url`."""

    PENDING = "PENDING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class MethodSetup:
    """How saving a method stands at the provider: it may be charged without its owner once this has succeeded."""

    reference: str
    status: SetupStatus
    method: MethodDetails
    next_action_url: str | None = None
    failure_code: str | None = None


class MovementKind(StrEnum):
    CHARGE = "CHARGE"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved, by the provider's own list. `attempt` is the idempotency key of the charge or refund, where
    it was one of ours; `charge_reference` is the charge that a refund belongs to, or the charge itself; `amount` is
    positive for both kinds, and `at` is when the provider began it."""

    kind: MovementKind
    reference: str
    charge_reference: str
    amount: Money | StrangeAmount
    attempt: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """What a provider tells by itself: what to look at, never how it stands. `charge`, `refund` and `setup` are the
    provider's references, `attempt` our own idempotency key; all are None for an event about something else.
    `disputed`: the payer's bank wants the charge back, or has decided about that. `harmless`: it is known to be about
    no money, and there is nothing to do. `unfit`: why no rule may act on the message, whatever it is about."""

    id: str
    type: str
    created_at: datetime
    charge: str | None = None
    refund: str | None = None
    setup: str | None = None
    attempt: str | None = None
    disputed: bool = False
    harmless: bool = False
    unfit: Mismatch | None = None


class ProviderUnavailable(Exception):
    """No answer, or none that tells the outcome: it may or may not have happened. Ask again under the same key."""


class UnknownAtProvider(ProviderUnavailable):
    """It answers that there is no such thing. That proves nothing, since the key may be another account's, but asking
    at once again is of no use."""


class ProviderRefusal(Exception):
    """The provider understood and will not do it; `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadSignature(Exception):
    """A message that claims to be the provider's and does not prove it, or is too old or too far ahead to be."""


class PaymentProvider(Protocol):
    """Every call may raise ProviderUnavailable. No call is ever made while a database transaction is open.

    The same idempotency key never charges or refunds twice and gives the same answer, or a later state of it.
    `begun_at` is when the key was first used: providers forget keys, so an old one is looked for among what was done
    and never sent blindly again. `customer` is the account that pays, to whom methods belong at the provider, too."""

    @property
    def name(self) -> str:
        """The source of its events."""
        ...

    def can_move(self, amount: Money) -> bool:
        """Whether it can charge or pay back exactly so much: its units may be coarser than the currency's. Asks nobody;
        `charge` and `refund` raise ProviderRefusal for what it cannot."""
        ...

    async def charge(
        self,
        *,
        idempotency_key: str,
        kind: PaymentMethodKind,
        token: str,
        amount: Money,
        return_url: str | None,
        customer: UUID,
        save: bool,
        begun_at: datetime,
    ) -> Charge:
        """`save`: the method is to be charged again later. Raises ProviderRefusal where nothing will be charged."""
        ...

    async def find_charge(self, idempotency_key: str, *, customer: UUID, begun_at: datetime) -> Charge | None:
        """The charge that was made under a key, whose answer never came. Makes none."""
        ...

    async def retrieve(self, reference: str) -> Charge:
        """How a charge stands now."""
        ...

    async def cancel(self, reference: str) -> Charge:
        """Ends a charge that waits for the customer. The answer tells if it had succeeded before."""
        ...

    async def refund(
        self, *, idempotency_key: str, reference: str, amount: Money, begun_at: datetime
    ) -> ProviderRefund:
        """Pays back part or all of a charge. Raises ProviderRefusal."""
        ...

    async def retrieve_refund(self, reference: str) -> ProviderRefund:
        """How a refund stands now."""
        ...

    async def set_up_method(
        self, *, idempotency_key: str, kind: PaymentMethodKind, token: str, customer: UUID, return_url: str | None
    ) -> MethodSetup:
        """Keeps a method for later charges. Raises ProviderRefusal for a token that is unknown or of another kind."""
        ...

    async def retrieve_setup(self, reference: str) -> MethodSetup:
        """How saving a method stands now."""
        ...

    def owns(self, reference: str) -> bool:
        """Whether it names charges so. What another provider has named, as before this one was configured, it cannot
        tell of."""
        ...

    def movements(self, *, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """Charges and refunds that succeeded, of those begun from `since` until just before `until`."""
        ...

    async def close(self) -> None:
        """Ends its connections; the next call opens new ones."""
        ...


class EventSource(Protocol):
    """A provider that tells by itself when something happens."""

    @property
    def name(self) -> str: ...

    @property
    def signature_header(self) -> str:
        """The HTTP header that its signature comes in."""
        ...

    def read_event(self, body: bytes, signature: str, now: datetime) -> ProviderEvent:
        """Raises BadSignature for what is not the provider's. What is and cannot be read has `unfit` UNREADABLE; where
        not even its name can be read, it gets one that the same body always gets."""
        ...

    def without_secrets(self, body: bytes) -> bytes:
        """What may be kept of a message and shown: all but what would let its reader act as somebody else."""
        ...
