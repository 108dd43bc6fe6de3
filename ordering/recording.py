"""Recording a transfer that staff see on the account, by its reference: it pays its order or is held, as a line of a
bank statement would be."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from gateways.statements import Credit
from models.change import ChangeKind
from models.database import Database, Transaction
from models.held import HeldPayment, HeldResolution
from models.money import EXPONENTS, InvalidAmount, Money
from models.order import Order
from models.payment import Payment, PaymentMethodKind
from ordering.actions import AlreadyPaid
from ordering.actors import Actor
from ordering.history import record_change
from ordering.idempotency import Key, Outcome, once
from ordering.importing import held_of, why_held
from ordering.ledger import book_held
from ordering.references import number_of
from ordering.refusals import InvalidInput, NotFound, Refusal
from ordering.settling import receive
from ordering.taking import SETTLED, payments_of, take_order
from ordering.transfers import transfer_for
from texts import mark

SOURCE: Final = "staff"

_HELD: Final = mark("A bank transfer that does not settle the order was recorded; it is held.")


class TransferHeld(Refusal):
    code = "TRANSFER_HELD"
    message = mark("A transfer of this amount is recorded for this order already. If this is another one, say so.")
    transient = True  # it may be said under the same key


@dataclass(frozen=True, slots=True)
class SeenTransfer:
    """`reference`: as somebody typed it, or the order's number; `amount`: a plain decimal, None for the order's total;
    `currency`: ISO 4217, None for the order's; `another`: it is not the one of the same amount that is known."""

    reference: str
    amount: str | None = None
    currency: str | None = None
    another: bool = False

    def as_dict(self) -> Mapping[str, Any]:
        """What an idempotency key stands for."""
        another = {"another": True} if self.another else {}
        return {"reference": self.reference, "amount": self.amount, "currency": self.currency, **another}


async def record_by_reference(database: Database, seen: SeenTransfer, *, by: Actor, key: Key) -> Outcome:
    """The outcome's subject is the payment that has settled the order, or else the held payment.

    Refusals: InvalidInput, NotFound, IdempotencyMismatch; unless it is `another`, AlreadyPaid or TransferHeld where one
    of the same amount has paid the order or is held for it: somebody has seen the same one before."""

    async def record(tx: Transaction) -> UUID:
        recorded = await _record(tx, seen, by=by)
        reached("reference.recording")
        return recorded

    reached("reference.asked")
    outcome = await once(database, key, record)
    reached("reference.recorded")
    return outcome


async def _record(tx: Transaction, seen: SeenTransfer, *, by: Actor) -> UUID:
    order = await _order_of(tx, seen.reference, by=by)
    payments = await payments_of(tx, order)
    amount = _amount(seen, order)
    if not seen.another:
        if any(_is_the_same(payment, amount) for payment in payments):
            raise AlreadyPaid(path=["reference"])
        if await _is_held(tx, order, amount):
            raise TransferHeld(path=["reference"])
    credit = Credit(external_id=str(uuid7()), booked_on=tx.now.date(), amount=amount, text=seen.reference)
    reason = why_held(credit, [(order, payments)])
    if reason is None:
        payment = transfer_for(tx, order, payments)
        await tx.session.flush()
        await receive(tx, order, payment, by=by)
        return payment.id
    held = held_of(tx, credit, reason, order, source=SOURCE)
    held.booked_on = None  # they say that it is there, not since when
    tx.session.add(held)
    book_held(tx, held)
    record_change(tx, order, ChangeKind.PAYMENT, by=by, reason=_HELD)
    return held.id


async def _order_of(tx: Transaction, reference: str, *, by: Actor) -> Order:
    number = number_of(reference)
    if number is None:
        why = mark("This is neither the reference of a transfer nor an order's number.")
        raise InvalidInput(why=why, path=["reference"])
    found = await tx.session.execute(sa.select(col(Order.id)).where(col(Order.number) == number))
    order_id = found.scalar_one_or_none()
    if order_id is None:
        raise NotFound(what=mark("order"), path=["reference"])
    return await take_order(tx, order_id, by=by)


def _amount(seen: SeenTransfer, order: Order) -> Money:
    currency = order.currency if seen.currency is None else seen.currency.upper()
    if currency not in EXPONENTS:
        raise InvalidInput(why=mark("This currency is unknown."), path=["currency"])
    amount = Money(currency, 0)
    if seen.amount is None and currency == order.currency:
        amount = Money(currency, order.total)
    elif seen.amount is not None:
        with suppress(InvalidAmount):
            amount = Money.parse(seen.amount, currency)
    if amount.minor <= 0:
        raise InvalidInput(why=mark("This is no amount of the payment's currency."), path=["amount"])
    return amount


def _is_the_same(payment: Payment, amount: Money) -> bool:
    is_there = payment.kind is PaymentMethodKind.BANK_TRANSFER and payment.status in SETTLED
    return is_there and amount == Money(payment.currency, payment.amount)


async def _is_held(tx: Transaction, order: Order, amount: Money) -> bool:
    """Until staff decide about it, or as a part of what has paid the order."""
    theirs = sa.exists().where(
        col(HeldPayment.order_id) == order.id,
        col(HeldPayment.amount) == amount.minor,
        col(HeldPayment.currency) == amount.currency,
        sa.or_(col(HeldPayment.resolution).is_(None), col(HeldPayment.resolution) == HeldResolution.SETTLED),
    )
    return bool((await tx.session.execute(sa.select(theirs))).scalar_one())
