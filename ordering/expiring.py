"""Expiring orders that were not paid in time, and reminding customers before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.failpoints import reached
from gateways.payments import PaymentProvider
from models.database import Database, Transaction
from models.mail import MailKind
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus
from ordering.actors import SYSTEM
from ordering.basket import give_voucher_back
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.reconciling import release_attempt
from ordering.settling import open_attempt
from ordering.taking import payments_of, take_order
from ordering.terms import Terms


async def expire_order(database: Database, provider: PaymentProvider, order_id: UUID) -> None:
    """Ends an unpaid order whose time is over. An attempt at the provider holds it; one that waits for the customer is
    ended at the provider first, and if that proves to be paid the order goes on. Raises ProviderUnavailable."""
    reached("expire.asked")
    async with database.writing() as tx:
        order = await take_order(tx, order_id, by=SYSTEM)
        waiting = open_attempt(await payments_of(tx, order))
        over = await _expire(tx, order, waiting)
    if over:
        reached("expire.recorded")
        return
    if waiting is not None and waiting.status is PaymentStatus.ACTION_REQUIRED:
        await release_attempt(database, provider, waiting)
        async with database.writing() as tx:
            order = await take_order(tx, order_id, by=SYSTEM)
            await _expire(tx, order, open_attempt(await payments_of(tx, order)))
            reached("expire.going_on")


async def _expire(tx: Transaction, order: Order, open_payment: Payment | None) -> bool:
    if order.status is not OrderStatus.UNPAID or order.expires_at > tx.now or open_payment is not None:
        return False
    await advance(tx, order, Trigger.EXPIRE, by=SYSTEM)
    await give_voucher_back(tx, order)
    write_mail(tx, MailKind.ORDER_EXPIRED, order)
    reached("expire.recording")
    return True


async def remind_of_expiry(tx: Transaction, order_id: UUID) -> None:
    """One mail, shortly before. It changes nothing that the order shows."""
    order = await take_order(tx, order_id, by=SYSTEM)
    if order.status is OrderStatus.UNPAID and order.reminded_at is None and tx.now < order.expires_at:
        order.reminded_at = tx.now
        write_mail(tx, MailKind.ORDER_EXPIRING, order)


def has_expired(order: Any, payments: Sequence[Any], *, now: datetime) -> bool:
    """Whether an order, or a row of one, is past its time without payment, even before anybody has marked it so.
    A payment that only its provider or bank can end holds expiry until it has ended."""
    held = any(payment.status is PaymentStatus.PENDING for payment in payments)
    over = order.status is OrderStatus.UNPAID and order.expires_at <= now and not held
    return over or order.status is OrderStatus.EXPIRED


def orders_to_expire(now: datetime) -> sa.Select[UUID]:
    """Ids of orders whose time is over and that no payment at the provider holds."""
    held = sa.exists().where(col(Payment.order_id) == col(Order.id), col(Payment.status) == PaymentStatus.PENDING)
    return sa.select(col(Order.id)).where(col(Order.status) == OrderStatus.UNPAID, col(Order.expires_at) <= now, ~held)


def orders_to_remind(now: datetime, terms: Terms) -> sa.Select[UUID]:
    """Ids of orders that will expire soon and whose customers have not been reminded."""
    return sa.select(col(Order.id)).where(
        col(Order.status) == OrderStatus.UNPAID,
        col(Order.expires_at) > now,
        col(Order.expires_at) <= now + terms.reminder,
        col(Order.reminded_at).is_(None),
    )
