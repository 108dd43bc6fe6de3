"""Bank transfers: announced by the customer, recorded by staff when the money is there, given up when it is not."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from models.change import ChangeKind
from models.database import Transaction
from models.order import Order
from models.payment import Payment, PaymentMethodKind, PaymentStatus
from ordering.actions import AlreadyPaid
from ordering.actors import SYSTEM, Actor
from ordering.history import record_change
from ordering.refusals import NotFound
from ordering.settling import end_attempt, open_attempt, receive
from ordering.taking import payments_of, take_order
from texts import mark

OVERDUE: Final = "transfer_overdue"


async def record_bank_transfer(tx: Transaction, *, payment_id: UUID, by: Actor) -> None:
    """The money of an announced transfer has arrived, in time or not. Raises NotFound or AlreadyPaid.

    What comes after the transfer was given up or its order cancelled is recorded too: it pays the order where that
    still waits for money and no other attempt is under way, and goes back otherwise."""
    found = await _take_transfer(tx, payment_id, by=by)
    if found is None:
        raise NotFound(what=mark("payment"), path=["paymentId"])
    order, payment, payments = found
    overdue = payment.status is PaymentStatus.FAILED and payment.failure_code == OVERDUE
    if not (overdue or payment.status in (PaymentStatus.PENDING, PaymentStatus.CANCELLED)):
        raise AlreadyPaid(path=["paymentId"])
    other = open_attempt([each for each in payments if each is not payment])
    await receive(tx, order, payment, by=by, wanted=other is None)


async def give_up_transfer(tx: Transaction, *, payment_id: UUID) -> None:
    """The money has not arrived in time: the order is free again to be paid otherwise, or to expire."""
    found = await _take_transfer(tx, payment_id, by=SYSTEM)
    if found is None:
        return
    order, payment, _ = found
    if payment.status is not PaymentStatus.PENDING or payment.next_check_at is None or payment.next_check_at > tx.now:
        return
    end_attempt(tx, payment, PaymentStatus.FAILED, failure_code=OVERDUE)
    record_change(tx, order, ChangeKind.PAYMENT, by=SYSTEM)


async def _take_transfer(
    tx: Transaction, payment_id: UUID, *, by: Actor
) -> tuple[Order, Payment, list[Payment]] | None:
    """The announced transfer, with its order locked before it, among all attempts to pay that."""
    query = sa.select(col(Payment.order_id)).where(
        col(Payment.id) == payment_id, col(Payment.kind) == PaymentMethodKind.BANK_TRANSFER
    )
    order_id = (await tx.session.execute(query)).scalar_one_or_none()
    if order_id is None:
        return None
    order = await take_order(tx, order_id, by=by)
    payments = await payments_of(tx, order)
    return order, next(each for each in payments if each.id == payment_id), payments
