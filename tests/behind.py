"""What the front door does not show: the log, the outbox, our books and the provider's, as tests look them up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.change import Change
from models.document import Invoice
from models.ledger import JournalEntry, LedgerAccount
from models.mail import Mail
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentMethodKind, PaymentStatus, Refund
from models.sandbox import SandboxCharge, SandboxRefund, SandboxStatus
from ordering.lifecycle import PAID
from schema.ids import uuid_of
from tests.api import Api

#: Every step that a history may take, written down here once more: the product's own table is what is tested.
STEPS = {
    (None, "UNPAID"),
    ("UNPAID", "CONFIRMATION"),
    ("UNPAID", "EXPIRED"),
    ("UNPAID", "CANCELLED"),
    ("CONFIRMATION", "BEING_PROCESSED"),
    ("CONFIRMATION", "DOCUMENTS_REQUESTED"),
    ("CONFIRMATION", "CANCELLED"),
    ("DOCUMENTS_REQUESTED", "CONFIRMATION"),
    ("DOCUMENTS_REQUESTED", "CANCELLED"),
    ("BEING_PROCESSED", "COMPLETE"),
    ("BEING_PROCESSED", "CANCELLED"),
    ("COMPLETE", "CANCELLED"),
}
AT_PROVIDER = {PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT, PaymentMethodKind.PAYPAL}
SETTLED = {PaymentStatus.SUCCEEDED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED}


@dataclass(frozen=True)
class Traces:
    """All that an order has left behind, oldest first; amounts in minor units. `ledger`: what its entries come to, by
    account. `calls`: charges and refunds that the provider was ever asked for, by whomever."""

    order: tuple[OrderStatus, int, int]
    log: tuple[tuple[int, str, int | None, str | None, str | None, str], ...]
    mails: tuple[str, ...]
    payments: tuple[tuple[PaymentMethodKind, PaymentStatus, int, int], ...]
    refunds: tuple[tuple[str, int], ...]
    charges: tuple[tuple[SandboxStatus, int, int], ...]
    documents: tuple[tuple[str, int], ...]
    ledger: dict[LedgerAccount, int]
    calls: tuple[int, int]

    @property
    def own(self) -> "Traces":
        """Without the calls: where the relay has run, it may have made some for orders of other tests."""
        return replace(self, calls=(0, 0))

    @property
    def transitions(self) -> list[tuple[str | None, str | None, str]]:
        """From, to, and who."""
        return [(row[3], row[4], row[5]) for row in self.log if row[2] is not None]

    @property
    def charged(self) -> list[tuple[str, int]]:
        """At the provider: what became of each charge, and what of it is still there."""
        return [(status.value, amount - refunded) for status, amount, refunded in self.charges]

    def check(self) -> None:
        """The invariants of an order, whatever was done with it."""
        status, version, total = self.order
        assert [row[0] for row in self.log] == list(range(1, version + 1)), "a version for each change, none missing"
        moves = [row for row in self.log if row[2] is not None]
        assert [row[2] for row in moves] == list(range(1, len(moves) + 1)), "sequences without a hole"
        assert {(row[3], row[4]) for row in moves} <= STEPS
        assert [row[3] for row in moves[1:]] == [row[4] for row in moves[:-1]], "each begins where the last ended"
        assert moves[-1][4] == status

        settled = [payment for payment in self.payments if payment[1] in SETTLED]
        assert all(0 <= back <= amount for *_, amount, back in self.payments)
        assert sum(1 for charge in self.charges if charge[0] is SandboxStatus.SUCCEEDED) <= 1, "charged once at most"
        if status in PAID:
            assert sum(amount for *_, amount, _ in settled) == total
        if status in (OrderStatus.UNPAID, OrderStatus.EXPIRED):
            assert sum(amount - back for *_, amount, back in settled) == 0, "no money for what was not paid"
        # What we say was charged and given back is what the provider did, but for refunds that are only promised yet.
        ours = sum(amount for kind, _, amount, _ in settled if kind in AT_PROVIDER)
        assert ours <= sum(amount for state, amount, _ in self.charges if state is SandboxStatus.SUCCEEDED)
        promised = sum(amount for state, amount in self.refunds if state != "FAILED")
        assert promised == sum(back for *_, back in self.payments)
        assert sum(back for *_, back in self.charges) <= promised
        self._check_ledger(paid=sum(amount for *_, amount, _ in settled), promised=promised)

    def _check_ledger(self, *, paid: int, promised: int) -> None:
        """It says of the order's money what payments and refunds say, and has no more than the provider has."""
        owed = sum(amount for state, amount in self.refunds if state == "PENDING")
        assert sum(self.ledger.values()) == 0, "double entry"
        assert self.ledger[LedgerAccount.PAID] == promised - paid
        assert self.ledger[LedgerAccount.OWED] == -owed
        assert self.ledger[LedgerAccount.HELD] == 0
        at_provider = sum(left for state, left in self.charged if state == "SUCCEEDED")
        assert self.ledger[LedgerAccount.PROVIDER] - owed <= at_provider


def traces(api: Api, order: dict[str, Any]) -> Traces:
    return api.running.do(_traces(api, uuid_of(order["id"], "Order")))


@contextmanager
def unchanged(api: Api, *orders: dict[str, Any]) -> Iterator[None]:
    """What is done inside leaves nothing behind: no row of the log, no mail, no call to the provider."""
    before = [traces(api, order) for order in orders]
    yield
    assert [traces(api, order) for order in orders] == before


@contextmanager
def recorded(api: Api, order: dict[str, Any], *entries: tuple[str, str]) -> Iterator[None]:
    """What is done inside leaves these entries in the order's history, each a kind and an actor, and nothing else."""
    before = traces(api, order)
    yield
    after = traces(api, order)
    status, version, total = before.order
    assert after == replace(
        before,
        order=(status, version + len(entries), total),
        log=before.log + tuple((version + n, kind, None, None, None, by) for n, (kind, by) in enumerate(entries, 1)),
    )


async def _traces(api: Api, order_id: UUID) -> Traces:
    async with api.running.database.reading(snapshot=True) as session:
        order = await session.get_one(Order, order_id)
        log = await _rows(session, Change, Change.order_id == order_id, Change.position)
        mails = await _rows(session, Mail, Mail.order_id == order_id, Mail.id)
        payments = await _rows(session, Payment, Payment.order_id == order_id, Payment.id)
        ids = [payment.id for payment in payments]
        refunds = await _rows(session, Refund, col(Refund.payment_id).in_(ids), Refund.id)
        keys = [str(each) for each in ids]
        asked = col(SandboxCharge.idempotency_key).in_(keys)
        charges = await _rows(session, SandboxCharge, asked, SandboxCharge.idempotency_key)
        documents = await _rows(session, Invoice, Invoice.order_id == order_id, Invoice.id)
        entries = await _rows(session, JournalEntry, JournalEntry.order_id == order_id, JournalEntry.at)
        calls = [
            (await session.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in (SandboxCharge, SandboxRefund)
        ]
    return Traces(
        order=(order.status, order.version, order.total),
        log=tuple((c.version, c.kind.value, c.sequence, c.from_status, c.to_status, c.actor.value) for c in log),
        mails=tuple(mail.kind.value for mail in mails),
        payments=tuple((payment.kind, payment.status, payment.amount, payment.refunded) for payment in payments),
        refunds=tuple((refund.status.value, refund.amount) for refund in refunds),
        charges=tuple((charge.status, charge.amount, charge.refunded) for charge in charges),
        documents=tuple((document.kind.value, document.amount) for document in documents),
        ledger={account: sum(_moved(entry, account) for entry in entries) for account in LedgerAccount},
        calls=(calls[0], calls[1]),
    )


def _moved(entry: JournalEntry, account: LedgerAccount) -> int:
    """Into it, or out of it where that is negative."""
    return entry.amount * ((entry.debit is account) - (entry.credit is account))


async def _rows(session: AsyncSession, table: type[Any], where: Any, order: Any) -> list[Any]:
    return list((await session.execute(sa.select(table).where(where).order_by(order))).scalars())
