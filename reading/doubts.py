"""What staff have to look after, the oldest first: payments in doubt, refunds that are owed, events that are held."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from access.principal import Principal
from models.database import Selecting
from models.inbox import InboxEvent
from models.payment import Payment, PaymentStatus, Refund
from ordering.sources import AT_PROVIDER
from reading.paging import Keyset, Page, Window, page_of

#: So long after its beginning an attempt may still be on its way to the provider.
SENDING: Final = timedelta(seconds=30)

_PAYMENTS: Final = sa.inspect(Payment).local_table
_REFUNDS: Final = sa.inspect(Refund).local_table
_EVENTS: Final = sa.inspect(InboxEvent).local_table


async def payments_in_doubt(session: Selecting, principal: Principal, window: Window, *, now: datetime) -> Page:
    """Attempts that only their provider can end, and those that it tells of what does not fit. Raises BadCursor."""
    table = _PAYMENTS.c
    pending = sa.and_(table.status == PaymentStatus.PENDING, table.kind.in_(AT_PROVIDER))
    begun = sa.and_(pending, table.created_at <= now - SENDING)
    # Said as the index has it, so that it is used.
    doubtful = sa.or_(table.status == PaymentStatus.PENDING, table.mismatch.is_not(None))
    query = sa.select(*table).where(_staff(principal), doubtful, sa.or_(begun, table.mismatch.is_not(None)))
    return await _page(session, query, window, (table.created_at, table.id), "payments in doubt")


async def outstanding_refunds(session: Selecting, principal: Principal, window: Window) -> Page:
    """Promised and not paid out yet, or failed and nothing done about it. Raises BadCursor."""
    table = _REFUNDS.c
    query = _refunds().where(_staff(principal), table.closed_at.is_(None))
    return await _page(session, query, window, (table.created_at, table.id), "outstanding refunds")


async def held_events(session: Selecting, principal: Principal, window: Window) -> Page:
    """What no rule may act on, until staff have resolved it. Raises BadCursor."""
    table = _EVENTS.c
    query = _events().where(_staff(principal), table.held_for.is_not(None), table.resolved_at.is_(None))
    return await _page(session, query, window, (table.received_at, table.id), "held events")


async def find_refund(session: Selecting, principal: Principal, id: UUID) -> Any | None:
    return (await session.execute(_refunds().where(_staff(principal), _REFUNDS.c.id == id))).one_or_none()


async def find_event(session: Selecting, principal: Principal, id: UUID) -> Any | None:
    held = _EVENTS.c.held_for.is_not(None)
    return (await session.execute(_events().where(_staff(principal), held, _EVENTS.c.id == id))).one_or_none()


def _refunds() -> sa.Select[Any]:
    """With the currency and kind of their payments."""
    return sa.select(*_REFUNDS.c, _PAYMENTS.c.currency, _PAYMENTS.c.kind).join(
        _PAYMENTS, _PAYMENTS.c.id == _REFUNDS.c.payment_id
    )


def _events() -> sa.Select[Any]:
    return sa.select(*(column for column in _EVENTS.c if column.key != "body"))


def _staff(principal: Principal) -> sa.ColumnElement[bool]:
    return sa.true() if principal.is_staff else sa.false()


async def _page(
    session: Selecting, query: sa.Select[Any], window: Window, columns: Sequence[Any], binding: str
) -> Page:
    keyset = Keyset(tuple(columns), descending=False, binding=binding)
    found = (await session.execute(keyset.window(query, window))).all()
    return page_of(found, window, keyset, [column.key for column in columns])
