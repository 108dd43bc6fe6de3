"""A provider as the contract's tests use it: the same words for the sandbox and for Stripe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from gateways.payments import Charge, MethodSetup, Movement, PaymentProvider, ProviderRefund
from models.money import Money
from models.payment import PaymentMethodKind
from tests.api import Api

PRICE = Money("EUR", 18_838)
CARD, DEBIT = PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT


@dataclass
class Counter:
    """`tokens` has the provider's token for each of: good, declined, empty, asking, debit, bad_debit. `answer` is what
    the customer answers when asked, `settle` lets debits arrive."""

    api: Api
    provider: PaymentProvider
    tokens: Mapping[str, str]
    answer: Callable[[str, bool], Any]
    settle: Callable[[], Any]
    customer: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.customer = self.api.customer().id

    def now(self) -> datetime:
        return datetime.now(UTC) + self.api.running.database.clock_offset

    def charge(self, what: str = "good", *, key: str | None = None, **fields: Any) -> Charge:
        """`what` is one of `tokens`, or a token itself."""
        return self.api.running.do(self.charging(what, key=key, **fields))

    async def charging(self, what: str = "good", *, key: str | None = None, **fields: Any) -> Charge:
        given: dict[str, Any] = {
            "idempotency_key": key or str(uuid7()),
            "kind": kind_of(what),
            "token": self.tokens.get(what, what),
            "amount": PRICE,
            "return_url": "https://shop.example/back",
            "customer": self.customer,
            "save": False,
            "begun_at": self.now(),
        }
        return await self.provider.charge(**{**given, **fields})

    def retrieve(self, charge: Charge) -> Charge:
        return self.api.running.do(self.provider.retrieve(charge.reference))

    def cancel(self, charge: Charge) -> Charge:
        return self.api.running.do(self.provider.cancel(charge.reference))

    def refund(self, charge: Charge, minor: int, *, key: str | None = None, **fields: Any) -> ProviderRefund:
        given: dict[str, Any] = {
            "idempotency_key": key or str(uuid7()),
            "reference": charge.reference,
            "amount": Money(PRICE.currency, minor),
            "begun_at": self.now(),
        }
        return self.api.running.do(self.provider.refund(**{**given, **fields}))

    def set_up(self, what: str = "good", **fields: Any) -> MethodSetup:
        given: dict[str, Any] = {
            "idempotency_key": str(uuid7()),
            "kind": kind_of(what),
            "token": self.tokens.get(what, what),
            "customer": self.customer,
            "return_url": "https://shop.example/back",
        }
        return self.api.running.do(self.provider.set_up_method(**{**given, **fields}))

    def movements(self, *charges: Charge, hours: float = 1) -> list[Movement]:
        """What moved for these charges within the last hours, by the provider's own list."""
        now = self.now()

        async def listed() -> list[Movement]:
            since, until = now - timedelta(hours=hours), now + timedelta(hours=1)
            return [movement async for movement in self.provider.movements(since=since, until=until)]

        wanted = {charge.reference for charge in charges}
        return [movement for movement in self.api.running.do(listed()) if movement.charge_reference in wanted]

    def movements_of_attempt(self, key: str) -> list[Movement]:
        """However often it was charged."""
        now = self.now()

        async def listed() -> list[Movement]:
            every = self.provider.movements(since=now - timedelta(hours=1), until=now + timedelta(hours=1))
            return [movement async for movement in every if movement.attempt == key]

        return self.api.running.do(listed())


def kind_of(what: str) -> PaymentMethodKind:
    return DEBIT if "debit" in what else CARD
