"""What a payment provider tells by itself, and how it answers, where the sandbox alone would never say so."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col

from gateways.payments import Charge, ProviderEvent, ProviderRefund, ProviderUnavailable
from models.inbox import InboxEvent
from models.ledger import JournalEntry
from models.payment import Payment, Refund, RefundStatus
from ordering.actors import SYSTEM
from ordering.inbox import receive_event
from ordering.refunds import fail_refund, promise_refund
from ordering.taking import take_order
from schema.ids import global_id, uuid_of
from tests.api import Api, Person

#: How an order moves that is paid because a provider told so.
PAID = ("UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER")


async def tell(api: Api, event: ProviderEvent) -> None:
    """As the webhook does it."""
    await receive_event(api.running.database, api.running.sandbox, source="sandbox", event=event, body=b"{}")


def event(**about: Any) -> ProviderEvent:
    """Of a charge or a refund; with a name of its own, unless it is given."""
    return ProviderEvent(**{"id": f"evt_{uuid4().hex}", "type": "something", "created_at": datetime.now(UTC), **about})


def attempts(api: Api, order: dict[str, Any]) -> list[Payment]:
    """All attempts to pay it, oldest first, as they are stored."""
    query = sa.select(Payment).where(col(Payment.order_id) == uuid_of(order["id"], "Order"))
    return _rows(api, query.order_by(col(Payment.created_at), col(Payment.id)))


def refunds(api: Api, order: dict[str, Any]) -> list[Refund]:
    ids = [payment.id for payment in attempts(api, order)]
    return _rows(api, sa.select(Refund).where(col(Refund.payment_id).in_(ids)).order_by(col(Refund.id)))


def stored(api: Api, *names: str) -> list[InboxEvent]:
    return _rows(api, sa.select(InboxEvent).where(col(InboxEvent.event_id).in_(names)))


def journal(api: Api, order: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """What was booked: kind, debit, credit, amount in minor units."""
    query = sa.select(JournalEntry).where(col(JournalEntry.order_id) == uuid_of(order["id"], "Order"))
    rows: list[JournalEntry] = _rows(api, query.order_by(col(JournalEntry.at), col(JournalEntry.kind)))
    return [(row.kind.value, row.debit.value, row.credit.value, row.amount) for row in rows]


def _rows(api: Api, query: Any) -> list[Any]:
    async def read() -> list[Any]:
        async with api.running.database.reading() as session:
            return list((await session.execute(query)).scalars())

    return api.running.do(read())


class Slow:
    """Refunds that the provider takes on and decides later, as tests say; the sandbox has them in its books at once."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status = RefundStatus.PENDING
        self.failure_code: str | None = None
        self._sandbox = api.running.sandbox
        self._refund, self._look = self._sandbox.refund, self._sandbox.retrieve_refund
        monkeypatch.setattr(self._sandbox, "refund", self.refund)
        monkeypatch.setattr(self._sandbox, "retrieve_refund", self.retrieve_refund)

    def decide(self, status: RefundStatus, failure_code: str | None = None) -> None:
        self.status, self.failure_code = status, failure_code

    async def refund(self, **asked: Any) -> ProviderRefund:
        return self._as_decided(await self._refund(**asked))

    async def retrieve_refund(self, reference: str) -> ProviderRefund:
        return self._as_decided(await self._look(reference))

    def _as_decided(self, told: ProviderRefund) -> ProviderRefund:
        return replace(told, status=self.status, failure_code=self.failure_code)


class Telling:
    """Charges that the provider tells of in another way than they are."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch, **otherwise: Any) -> None:
        retrieve = api.running.sandbox.retrieve

        async def changed(reference: str) -> Charge:
            return replace(await retrieve(reference), **otherwise)

        monkeypatch.setattr(api.running.sandbox, "retrieve", changed)


async def unheard(*_: Any, **__: Any) -> Any:
    raise ProviderUnavailable("no answer")


def id_of(customer: Person, order: dict[str, Any]) -> str:
    """Of its first payment."""
    return str(customer.run("order_payments", number=order["number"])["payments"][0]["id"])


def every(staff: Person, name: str) -> list[dict[str, Any]]:
    """All of a list for staff, of whatever test: page by page."""
    found, after = [], None
    while True:
        page = staff.run(name, first=100, after=after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def failed_refund(api: Api, payment_id: str) -> str:
    """The id of a refund of one euro that the provider was asked for and did not pay out."""
    async with api.running.database.writing() as tx:
        payment = await tx.session.get_one(Payment, uuid_of(payment_id, "Payment"))
        order = await take_order(tx, payment.order_id, by=SYSTEM)
        refund = await promise_refund(tx, order, payment, 100, by=SYSTEM, reason=None)
        fail_refund(tx, order, payment, refund, "declined")
        return global_id("Refund", refund.id)
