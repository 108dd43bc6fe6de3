"""What a test leaves behind is put off for good: a later one that moves the clock would have to do it all."""

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from models.database import Database
from models.document import DocumentRequest
from models.mail import Mail
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentMethod, Refund, RefundStatus
from ordering.taking import OPEN

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
#: What becomes due, and of which rows: these and no others are what the relay looks for.
_DUE: Final[tuple[tuple[Any, Any], ...]] = (
    (Order.expires_at, col(Order.status) == OrderStatus.UNPAID),
    (Payment.next_check_at, col(Payment.status).in_(OPEN)),
    (PaymentMethod.next_check_at, col(PaymentMethod.next_check_at).is_not(None)),
    (Refund.next_try_at, col(Refund.status) == RefundStatus.PENDING),
    (DocumentRequest.due_at, col(DocumentRequest.closed_at).is_(None)),
    (Mail.next_try_at, sa.and_(col(Mail.sent_at).is_(None), col(Mail.dead_at).is_(None))),
)


async def put_off_all(database: Database) -> None:
    async with database.writing() as tx:
        for when, waiting in _DUE:
            await tx.session.execute(
                sa.update(when.class_).where(waiting, when < NEVER).values({when.key: NEVER}),
                execution_options={"synchronize_session": False},
            )
