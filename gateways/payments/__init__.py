"""The door to a payment provider: what the product asks of any of them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from models.money import Money
from models.payment import PaymentMethodKind


class ChargeStatus(StrEnum):
    """PENDING: the provider will know later. ACTION_REQUIRED: the customer must go to `next_action_url`."""

    PENDING = "PENDING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Charge:
    """How a charge stands at the provider. `reference` is the provider's name for it; `method_label` what to call
    the method that was charged, e.g. "Visa ending in 4242", and `method_expires_on` the last day on which it works."""

    reference: str
    status: ChargeStatus
    amount: Money
    next_action_url: str | None = None
    failure_code: str | None = None
    method_label: str | None = None
    method_expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class MethodDetails:
    """What the provider tells of a method behind a token."""

    label: str
    expires_on: date | None = None


class ProviderUnavailable(Exception):
    """No answer, or none that tells the outcome: it may or may not have happened. Ask again under the same key."""


class ProviderRefusal(Exception):
    """The provider understood and will not do it; `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PaymentProvider(Protocol):
    """Every call may raise ProviderUnavailable. No call is ever made while a database transaction is open.

    The same idempotency key never charges or refunds twice and gives the same answer, or a later state of it."""

    async def charge(
        self, *, idempotency_key: str, kind: PaymentMethodKind, token: str, amount: Money, return_url: str | None
    ) -> Charge: ...

    async def retrieve(self, reference: str) -> Charge:
        """How a charge stands now."""
        ...

    async def cancel(self, reference: str) -> Charge:
        """Ends a charge that waits for the customer. The answer tells if it had succeeded before."""
        ...

    async def refund(self, *, idempotency_key: str, reference: str, amount: Money) -> str:
        """The provider's reference for the refund. Raises ProviderRefusal."""
        ...

    async def describe_method(self, *, kind: PaymentMethodKind, token: str) -> MethodDetails:
        """Raises ProviderRefusal for a token that is unknown or of another kind."""
        ...
