"""Time that passes in the database of a shop whose processes have the true clock: what is due later, is due now."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.payments import Charge, ChargeStatus
from models.base import TIMESTAMP
from models.database import Database, Transaction
from models.lease import Lease
from models.mail import Mail
from models.money import Money
from models.order import Order
from models.payment import Payment, PaymentStatus, Refund, RefundStatus
from ordering.settling import apply_charge, fail_attempt, open_attempt
from ordering.taking import OPEN

_OPEN: Final = col(Payment.status).in_(OPEN)
_PENDING: Final = col(Refund.status) == RefundStatus.PENDING
_UNSENT: Final = col(Mail.sent_at).is_(None)
_ORDER, _NOW = sa.bindparam("order_id", type_=sa.Uuid()), sa.bindparam("now", type_=TIMESTAMP)
_OWN: Final = sa.select(col(Payment.id)).where(col(Payment.order_id) == _ORDER).scalar_subquery()
#: Only its customer may have something to do, and the provider has been asked whether that is so still.
_ASKED: Final = (col(Payment.status) == PaymentStatus.ACTION_REQUIRED) & (col(Payment.next_check_at) > _NOW)
#: Whether something of an order waits for us or for its provider; a refund by transfer waits for staff.
_UNDER_WAY: Final = sa.select(
    sa.or_(
        sa.exists().where(col(Payment.order_id) == _ORDER, _OPEN, ~_ASKED),
        sa.exists().where(col(Refund.payment_id).in_(_OWN), _PENDING, ~col(Refund.by_transfer)),
        sa.exists().where(col(Mail.order_id) == _ORDER, _UNSENT),
        sa.exists().where(col(Order.id) == _ORDER, col(Order.expires_at) <= _NOW, col(Order.status) == "UNPAID"),
    )
)
#: Whether anything waits for a time that is yet to come.
_EARLY: Final = sa.select(
    sa.or_(
        sa.exists().where(_OPEN, col(Payment.next_check_at) > _NOW),
        sa.exists().where(_PENDING, col(Refund.next_try_at) > _NOW),
        sa.exists().where(_UNSENT, col(Mail.next_try_at) > _NOW),
    )
)


async def hurry(database: Database, *, by: timedelta) -> None:
    """All that waits is due, and the lease of a dead relay has run out; attempts and refunds under way become older,
    which has a provider's client look before it sends again."""
    now = datetime.now(UTC)
    if not by and not await _asks(database, _EARLY, now=now):
        return
    async with database.writing() as tx:
        # Orders before what is theirs, as everybody locks them.
        theirs = sa.select(col(Payment.order_id)).outerjoin(Refund, col(Refund.payment_id) == col(Payment.id))
        under_way = col(Order.id).in_(theirs.where(_OPEN | _PENDING))
        await tx.session.execute(sa.select(col(Order.id)).where(under_way).order_by(col(Order.id)).with_for_update())
        for statement in (
            sa.delete(Lease).where(col(Lease.until) > now) if by else None,
            sa.update(Payment).where(_OPEN, col(Payment.next_check_at) > now).values(next_check_at=now),
            sa.update(Refund).where(_PENDING, col(Refund.next_try_at) > now).values(next_try_at=now),
            sa.update(Mail).where(_UNSENT, col(Mail.next_try_at) > now).values(next_try_at=now),
        ):
            if statement is not None:
                await tx.session.execute(statement)
        if by:
            for payment in (await tx.session.execute(sa.select(Payment).where(_OPEN))).scalars():
                payment.created_at -= by
            for refund in (await tx.session.execute(sa.select(Refund).where(_PENDING))).scalars():
                refund.created_at -= by


async def overdue(database: Database, order_id: UUID) -> None:
    async with database.writing() as tx:
        now = datetime.now(UTC)
        late = sa.update(Order).where(col(Order.id) == order_id).values(expires_at=now - timedelta(seconds=1))
        await tx.session.execute(late)


async def believed_ended(database: Database, order_id: UUID) -> None:
    """As if the provider had said that the attempt which waits for its customer is over; there it is not."""
    async with database.writing() as tx:
        payment = await _open_attempt(tx, order_id)
        told = Charge(
            reference=payment.provider_reference or "",
            status=ChargeStatus.CANCELLED,
            amount=Money(payment.currency, payment.amount),
            attempt=str(payment.id),
        )
        await apply_charge(tx, payment.id, told)


async def believed_failed(database: Database, order_id: UUID) -> None:
    """As if the provider had not found the open attempt when nothing was expected of it any more."""
    async with database.writing() as tx:
        await fail_attempt(tx, (await _open_attempt(tx, order_id)).id, "processing_error")


async def at_rest(database: Database, order_id: UUID) -> bool:
    """Whether nothing of the order waits for us or for its provider."""
    return not await _asks(database, _UNDER_WAY, order_id=order_id, now=datetime.now(UTC))


async def _open_attempt(tx: Transaction, order_id: UUID) -> Payment:
    mine = (await tx.session.execute(sa.select(Payment).where(col(Payment.order_id) == order_id))).scalars()
    payment = open_attempt(list(mine))
    assert payment is not None
    return payment


async def _asks(database: Database, question: sa.Select[bool], **values: object) -> bool:
    async with database.reading() as session:
        return bool((await session.execute(question, values)).scalar_one())
