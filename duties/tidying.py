"""Tidying: what nobody needs any more is thrown away, and methods whose time is over are marked so."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from models.account import Session
from models.database import Database
from models.idempotency import IdempotencyRecord
from models.payment import PaymentMethod, PaymentMethodStatus

#: Longer than any provider or client goes on trying.
IDEMPOTENCY_KEPT: Final = timedelta(hours=72)
#: Ended sessions are looked for a while, so that their sockets are closed everywhere.
SESSIONS_KEPT: Final = timedelta(days=1)


async def tidy(database: Database) -> None:
    """Cheap, and safe to do at any time."""
    async with database.writing() as tx:
        old_keys = sa.delete(IdempotencyRecord).where(
            col(IdempotencyRecord.created_at) < tx.now - IDEMPOTENCY_KEPT, col(IdempotencyRecord.outcome).is_not(None)
        )
        await tx.session.execute(old_keys)
        over = tx.now - SESSIONS_KEPT
        ended = sa.delete(Session).where((col(Session.expires_at) < over) | (col(Session.ended_at) < over))
        await tx.session.execute(ended)
        expired = sa.update(PaymentMethod).where(
            col(PaymentMethod.status) == PaymentMethodStatus.VALID, col(PaymentMethod.expires_on) < tx.now.date()
        )
        await tx.session.execute(expired.values(status=PaymentMethodStatus.EXPIRED, is_default=False))
