"""Bank transfers: announced by the customer, recorded when the money is there, given up when it is not."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from models.change import ChangeKind
from models.database import Transaction
from models.mail import MailKind
from models.order import Order
from models.payment import Payment, PaymentMethodKind, PaymentStatus
from ordering.actions import AlreadyPaid
from ordering.actors import SYSTEM, Actor
from ordering.history import record_change
from ordering.mails import write_mail
from ordering.references import instructions_for
from ordering.refusals import NotFound
from ordering.settling import end_attempt, open_attempt, receive
from ordering.taking import payments_of, take_order
from ordering.terms import Terms
from texts import mark

OVERDUE: Final = "transfer_overdue"


async def announce_transfer(tx: Transaction, order: Order, terms: Terms) -> None:
    """The customer is told where to, and has the time that a transfer takes. The caller records the change."""
    order.expires_at = max(order.expires_at, tx.now + terms.transfer_deadline)
    told = instructions_for(order, terms.bank)
    transfer = {"holder": told.holder, "iban": told.iban, "bic": told.bic, "reference": told.reference}
    write_mail(tx, MailKind.TRANSFER_ANNOUNCED, order, transfer=transfer)


def transfer_for(tx: Transaction, order: Order, payments: list[Payment]) -> Payment:
    """The attempt that money for an order belongs to, when there is no other that could still bring some: the transfer
    that is announced, else the last that was given up, else a new one."""
    announced = [each for each in payments if each.kind is PaymentMethodKind.BANK_TRANSFER and may_arrive(each)]
    found = announced_transfer(payments)
    if found is not None or announced:
        return found or announced[-1]
    payment = Payment(
        id=uuid7(),
        order_id=order.id,
        kind=PaymentMethodKind.BANK_TRANSFER,
        amount=order.total,
        currency=order.currency,
        status=PaymentStatus.PENDING,
        created_at=tx.now,
    )
    tx.session.add(payment)
    payments.append(payment)
    return payment


def announced_transfer(payments: Sequence[Payment]) -> Payment | None:
    """The one that is announced and awaited."""
    return next((each for each in payments if awaits_transfer([each])), None)


def awaits_transfer(payments: Sequence[Any]) -> bool:
    """Whether a transfer is announced, among payments or rows of them."""
    return any(
        each.kind is PaymentMethodKind.BANK_TRANSFER and each.status is PaymentStatus.PENDING for each in payments
    )


def may_arrive(transfer: Payment) -> bool:
    """Whether its money may come yet, late or not."""
    overdue = transfer.status is PaymentStatus.FAILED and transfer.failure_code == OVERDUE
    return overdue or transfer.status in (PaymentStatus.PENDING, PaymentStatus.CANCELLED)


async def record_bank_transfer(tx: Transaction, *, payment_id: UUID, by: Actor) -> None:
    """The money of an announced transfer has arrived, in time or not. Raises NotFound or AlreadyPaid.

    What comes after the transfer was given up or its order cancelled is recorded too: it pays the order where that
    still waits for money and no other attempt is under way, and goes back otherwise."""
    found = await _take_transfer(tx, payment_id, by=by)
    if found is None:
        raise NotFound(what=mark("payment"), path=["paymentId"])
    order, payment, payments = found
    if not may_arrive(payment):
        raise AlreadyPaid(path=["paymentId"])
    other = open_attempt([each for each in payments if each is not payment])
    await receive(tx, order, payment, by=by, wanted=other is None)
    reached("transfer.recording")


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
    reached("transfer.giving_up")


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
