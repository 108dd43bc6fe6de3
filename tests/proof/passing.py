"""Time that passes in the database of a shop whose processes have the true clock: what is due later, is due now."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from models.database import Database
from models.lease import Lease
from models.mail import Mail
from models.order import Order
from models.payment import Payment, PaymentStatus, Refund, RefundStatus
from ordering.taking import OPEN


async def hurry(database: Database, *, by: timedelta) -> None:
    """All that waits is due, and the lease of a dead relay has run out; attempts and refunds under way become older,
    which has a provider's client look before it sends again."""
    now = datetime.now(UTC)
    open_payment, pending = col(Payment.status).in_(OPEN), col(Refund.status) == RefundStatus.PENDING
    async with database.writing() as tx:
        # Orders before what is theirs, as everybody locks them.
        theirs = sa.select(col(Payment.order_id)).outerjoin(Refund, col(Refund.payment_id) == col(Payment.id))
        under_way = col(Order.id).in_(theirs.where(open_payment | pending))
        await tx.session.execute(sa.select(col(Order.id)).where(under_way).order_by(col(Order.id)).with_for_update())
        for statement in (
            sa.delete(Lease).where(col(Lease.until) > now) if by else None,
            sa.update(Payment).where(open_payment, col(Payment.next_check_at) > now).values(next_check_at=now),
            sa.update(Refund).where(pending, col(Refund.next_try_at) > now).values(next_try_at=now),
            sa.update(Mail).where(col(Mail.sent_at).is_(None), col(Mail.next_try_at) > now).values(next_try_at=now),
        ):
            if statement is not None:
                await tx.session.execute(statement)
        if by:
            for payment in (await tx.session.execute(sa.select(Payment).where(open_payment))).scalars():
                payment.created_at -= by
            for refund in (await tx.session.execute(sa.select(Refund).where(pending))).scalars():
                refund.created_at -= by


async def overdue(database: Database, order_id: UUID) -> None:
    async with database.writing() as tx:
        now = datetime.now(UTC)
        late = sa.update(Order).where(col(Order.id) == order_id).values(expires_at=now - timedelta(seconds=1))
        await tx.session.execute(late)


async def at_rest(database: Database, order_id: UUID) -> bool:
    """Whether nothing of the order waits for us or for its provider: only its customer may have something to do, and
    the provider has been asked whether that is so still."""
    now = datetime.now(UTC)
    attempts = sa.select(col(Payment.id)).where(col(Payment.order_id) == order_id).scalar_subquery()
    overdue_now = (col(Order.expires_at) <= now) & (col(Order.status) == "UNPAID")
    asked = (col(Payment.status) == PaymentStatus.ACTION_REQUIRED) & (col(Payment.next_check_at) > now)
    over = col(Payment.status).not_in(OPEN)
    async with database.reading() as session:
        for waiting in (
            sa.exists().where(col(Payment.order_id) == order_id, ~(asked | over)),
            sa.exists().where(col(Refund.payment_id).in_(attempts), col(Refund.status) == RefundStatus.PENDING),
            sa.exists().where(col(Mail.order_id) == order_id, col(Mail.sent_at).is_(None)),
            sa.exists().where(col(Order.id) == order_id, overdue_now),
        ):
            if (await session.execute(sa.select(waiting))).scalar_one():
                return False
    return True
