"""Withdrawing from an order: a consumer's right for fourteen days; what is left of the time paid for goes back."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.failpoints import reached
from models.change import Change
from models.database import Transaction
from models.mail import MailKind
from models.order import Order, OrderLine, OrderStatus
from ordering.actions import OrderAction
from ordering.actors import Actor
from ordering.documents import close_request
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.refunds import refund_all
from ordering.taking import left_of, take_order_for
from ordering.withdrawal_terms import PaidLine, withdrawal_refund


async def withdraw_from_order(
    tx: Transaction, *, order_id: UUID, reason: str | None, by: Actor, expected_version: int | None = None
) -> Order:
    """Covers the whole order, at once. Raises NotFound, VersionConflict, IllegalTransition, WithdrawalNotPossible."""
    order, payments = await take_order_for(tx, OrderAction.WITHDRAW, order_id, by=by, expected_version=expected_version)
    owed = withdrawal_refund(
        paid=sum(map(left_of, payments)),
        lines=await _paid_lines(tx, order),
        delivered_at=await _delivered_at(tx, order),
        now=tx.now,
    )
    await advance(tx, order, Trigger.WITHDRAW, by=by, reason=reason)
    await close_request(tx, order)
    write_mail(tx, MailKind.ORDER_CANCELLED, order, reason=reason)
    await refund_all(tx, order, payments, by=by, reason=reason, at_most=owed)
    reached("withdraw.recording")
    return order


async def _paid_lines(tx: Transaction, order: Order) -> list[PaidLine]:
    query = sa.select(OrderLine).where(col(OrderLine.order_id) == order.id).order_by(col(OrderLine.position))
    return [
        PaidLine(line.total_without_tax, line.tax_rate, line.period_days)
        for line in (await tx.session.execute(query)).scalars()
    ]


async def _delivered_at(tx: Transaction, order: Order) -> datetime | None:
    query = sa.select(col(Change.at)).where(
        col(Change.order_id) == order.id, col(Change.to_status) == OrderStatus.COMPLETE
    )
    return (await tx.session.execute(query)).scalar_one_or_none()
