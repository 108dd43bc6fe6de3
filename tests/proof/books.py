"""Both sides' books of one order, once nothing is under way: ours, and what really happened at the provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from assembly import assemble
from models.change import Change
from models.database import Database
from models.held import HeldPayment
from models.idempotency import IdempotencyRecord
from models.inbox import InboxEvent
from models.ledger import JournalEntry
from models.mail import Mail
from models.order import Order, OrderLine, OrderReduction, OrderTax
from models.payment import Payment, PaymentMethodKind, Refund
from models.sandbox import SandboxCharge, SandboxRefund, SandboxStatus
from reading.audit import Audit, audit_money
from settings import read_settings
from tests.peers.stripe import StripePeer
from tests.peers.stripe.amounts import in_iso_units

SUCCEEDED: Final = "succeeded"


@dataclass(frozen=True, slots=True)
class Movement:
    """A charge or a refund at the provider: `attempt` is our key for it, `reference` its name there, `amount` is in
    ISO 4217's units."""

    attempt: str
    reference: str
    succeeded: bool
    amount: int


@dataclass(frozen=True, slots=True)
class Books:
    """`customers`: how often Stripe has the order's customer. `held`: what came for it without paying it at once.
    `announced`: transfers that its customer has announced, under a key each."""

    order: Order
    lines: Sequence[OrderLine]
    reductions: Sequence[OrderReduction]
    taxes: Sequence[OrderTax]
    changes: Sequence[Change]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    entries: Sequence[JournalEntry]
    mails: Sequence[Mail]
    events: Sequence[InboxEvent]
    held: Sequence[HeldPayment]
    held_entries: Sequence[JournalEntry]
    charged: Sequence[Movement]
    returned: Sequence[Movement]
    customers: int
    announced: int

    @property
    def size(self) -> tuple[int, ...]:
        """What of it would grow if anything were done once more."""
        kept = (self.changes, self.payments, self.refunds, self.entries, self.mails, self.events, self.held_entries)
        return (self.order.version, *map(len, (*kept, self.charged, self.returned)))


async def read_books(database: Database, order_id: UUID, peer: StripePeer | None) -> Books:
    async with database.reading(snapshot=True) as session:
        payments = await _rows(session, Payment, Payment.order_id == order_id, Payment.created_at)
        attempts = [str(payment.id) for payment in payments]
        paid = [payment.id for payment in payments]
        refunds = await _rows(session, Refund, col(Refund.payment_id).in_(paid), Refund.created_at)
        returns = [str(refund.id) for refund in refunds]
        charged, returned = (
            await _at_sandbox(session, attempts, returns) if peer is None else _at_stripe(peer, attempts, returns)
        )
        held = await _rows(session, HeldPayment, HeldPayment.order_id == order_id, HeldPayment.held_at)
        about = sa.or_(col(InboxEvent.attempt).in_([*attempts, *returns]), col(InboxEvent.order_id) == order_id)
        moved = col(JournalEntry.subject_id).in_([each.id for each in held])
        transfers = [payment.id for payment in payments if payment.kind is PaymentMethodKind.BANK_TRANSFER]
        keys = sa.and_(col(IdempotencyRecord.operation) == "payOrder", col(IdempotencyRecord.subject_id).in_(transfers))
        order = await session.get_one(Order, order_id)
        return Books(
            order=order,
            lines=await _rows(session, OrderLine, OrderLine.order_id == order_id, OrderLine.position),
            reductions=await _rows(
                session, OrderReduction, OrderReduction.order_id == order_id, OrderReduction.position
            ),
            taxes=await _rows(session, OrderTax, OrderTax.order_id == order_id, OrderTax.rate),
            changes=await _rows(session, Change, Change.order_id == order_id, Change.position),
            payments=payments,
            refunds=refunds,
            entries=await _rows(session, JournalEntry, JournalEntry.order_id == order_id, JournalEntry.at),
            mails=await _rows(session, Mail, Mail.order_id == order_id, Mail.created_at),
            events=await _rows(session, InboxEvent, about, InboxEvent.id),
            held=held,
            held_entries=await _rows(session, JournalEntry, moved, JournalEntry.at),
            charged=charged,
            returned=returned,
            customers=0 if peer is None else _customers(peer, order.customer_id),
            announced=len(await _rows(session, IdempotencyRecord, keys, IdempotencyRecord.created_at)),
        )


async def status_of(database: Database, order_id: UUID) -> str:
    async with database.reading() as session:
        return str((await session.execute(sa.select(col(Order.status)).where(col(Order.id) == order_id))).scalar_one())


async def audited(environment: Mapping[str, str]) -> Audit:
    """All that moved of late, by the product's own audit."""
    parts, now = assemble(read_settings(environment)), datetime.now(UTC)
    try:
        until = now + timedelta(hours=1)
        return await audit_money(parts.database, parts.provider, since=now - timedelta(days=1), until=until)
    finally:
        await parts.close()


def _at_stripe(
    peer: StripePeer, attempts: Sequence[str], returns: Sequence[str]
) -> tuple[list[Movement], list[Movement]]:
    """By what was left on them: also what our books do not name."""
    intents = [one for one in peer.things("payment_intents") if one["metadata"].get("attempt") in attempts]
    names = {one["id"] for one in intents}
    refunds = [one for one in peer.things("refunds") if one["payment_intent"] in names]
    return (
        [_movement(one, one["amount_received"] if one["status"] == SUCCEEDED else one["amount"]) for one in intents],
        [_movement(one, one["amount"]) for one in refunds],
    )


def _customers(peer: StripePeer, account_id: UUID) -> int:
    return sum(one["metadata"].get("account") == str(account_id) for one in peer.things("customers"))


def _movement(thing: Any, amount: int) -> Movement:
    return Movement(
        thing["metadata"].get("attempt", ""),
        thing["id"],
        thing["status"] == SUCCEEDED,
        in_iso_units(thing["currency"], amount),
    )


async def _at_sandbox(
    session: AsyncSession, attempts: Sequence[str], returns: Sequence[str]
) -> tuple[list[Movement], list[Movement]]:
    charges = await _rows(
        session, SandboxCharge, col(SandboxCharge.idempotency_key).in_(attempts), SandboxCharge.created_at
    )
    names = [charge.id for charge in charges]
    refunds = await _rows(session, SandboxRefund, col(SandboxRefund.charge_id).in_(names), SandboxRefund.created_at)
    return (
        [Movement(one.idempotency_key, one.id, one.status is SandboxStatus.SUCCEEDED, one.amount) for one in charges],
        [Movement(one.idempotency_key, one.id, True, one.amount) for one in refunds],
    )


async def _rows(session: AsyncSession, table: type[Any], where: Any, order: Any) -> list[Any]:
    return list((await session.execute(sa.select(table).where(where).order_by(order))).scalars())
