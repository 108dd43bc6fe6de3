"""Bank transfers: announced by the customer, recorded by staff when the money is there, given up when it is not."""

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
from ordering.settling import end_attempt, receive
from ordering.taking import payments_of, take_order
from texts import mark


async def record_bank_transfer(tx: Transaction, *, payment_id: UUID, by: Actor) -> None:
    """The money of an announced transfer has arrived. Raises NotFound or AlreadyPaid."""
    found = await _take_transfer(tx, payment_id, by=by)
    if found is None:
        raise NotFound(what=mark("payment"), path=["paymentId"])
    order, payment = found
    if payment.status is not PaymentStatus.PENDING:
        raise AlreadyPaid(path=["paymentId"])
    await receive(tx, order, payment, by=by)


async def give_up_transfer(tx: Transaction, *, payment_id: UUID) -> None:
    """The money has not arrived in time: the order is free again to be paid otherwise, or to expire."""
    found = await _take_transfer(tx, payment_id, by=SYSTEM)
    if found is None:
        return
    order, payment = found
    if payment.status is not PaymentStatus.PENDING or payment.next_check_at is None or payment.next_check_at > tx.now:
        return
    end_attempt(tx, payment, PaymentStatus.FAILED, failure_code="transfer_overdue")
    record_change(tx, order, ChangeKind.PAYMENT, by=SYSTEM)


async def _take_transfer(tx: Transaction, payment_id: UUID, *, by: Actor) -> tuple[Order, Payment] | None:
    """The announced transfer, with its order locked before it."""
    query = sa.select(col(Payment.order_id)).where(
        col(Payment.id) == payment_id, col(Payment.kind) == PaymentMethodKind.BANK_TRANSFER
    )
    order_id = (await tx.session.execute(query)).scalar_one_or_none()
    if order_id is None:
        return None
    order = await take_order(tx, order_id, by=by)
    return order, next(each for each in await payments_of(tx, order) if each.id == payment_id)
