"""Tidying: what nobody needs any more is thrown away, and methods whose time is over are marked so."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col

from models.account import Session
from models.database import Database
from models.idempotency import IdempotencyRecord
from models.payment import PaymentMethod, PaymentMethodStatus

#: Longer than any provider or client goes on trying; what is under way for so long was left behind by a crash.
IDEMPOTENCY_KEPT: Final = timedelta(hours=72)
#: Ended sessions are looked for a while, so that their sockets are closed everywhere.
SESSIONS_KEPT: Final = timedelta(days=1)
#: Rows of one transaction: the others who write are not to wait long.
BATCH: Final = 1000


def tidyings(database: Database) -> list[Callable[[], Awaitable[int]]]:
    """Each is cheap, safe to do at any time, and says how many rows it was about."""
    return [partial(_in_batches, database, some) for some in (_old_keys, _ended_sessions, _expired_methods)]


async def _in_batches(database: Database, some: Callable[[datetime], Any]) -> int:
    done = 0
    while True:
        async with database.writing() as tx:
            gone = len((await tx.session.execute(some(tx.now))).all())
        done += gone
        if gone < BATCH:
            return done


def _old_keys(now: datetime) -> Any:
    key = (col(IdempotencyRecord.account_id), col(IdempotencyRecord.operation), col(IdempotencyRecord.key))
    old = sa.select(*key).where(col(IdempotencyRecord.created_at) < now - IDEMPOTENCY_KEPT).limit(BATCH)
    return _unsynchronised(sa.delete(IdempotencyRecord).where(sa.tuple_(*key).in_(old)).returning(key[0]))


def _ended_sessions(now: datetime) -> Any:
    key, over = col(Session.id), now - SESSIONS_KEPT
    ended = sa.select(key).where((col(Session.expires_at) < over) | (col(Session.ended_at) < over)).limit(BATCH)
    return _unsynchronised(sa.delete(Session).where(key.in_(ended)).returning(key))


def _expired_methods(now: datetime) -> Any:
    key = col(PaymentMethod.id)
    expired = sa.select(key).where(
        col(PaymentMethod.status) == PaymentMethodStatus.VALID, col(PaymentMethod.expires_on) < now.date()
    )
    marked = sa.update(PaymentMethod).where(key.in_(expired.limit(BATCH)))
    return _unsynchronised(marked.values(status=PaymentMethodStatus.EXPIRED, is_default=False).returning(key))


def _unsynchronised(statement: Any) -> Any:
    """No object is in a session here that would have to follow."""
    return statement.execution_options(synchronize_session=False)
