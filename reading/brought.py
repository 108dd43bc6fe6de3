"""What each order was brought and keeps, against what its status and total ask for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import MINOR
from models.change import Change
from models.database import Database
from models.held import HeldPayment
from models.ledger import JournalEntry, LedgerAccount
from models.money import Money
from models.order import Order, OrderLine, OrderStatus
from models.payment import Payment, Refund, RefundStatus
from ordering.lifecycle import PAID
from ordering.taking import SETTLED
from ordering.withdrawal_terms import PaidLine, withdrawal_refund
from reading.differences import CHUNK, Difference, DifferenceKind

_ORDERS: Final = sa.inspect(Order).local_table.c
_PAYMENTS: Final = sa.inspect(Payment).local_table.c
_REFUNDS: Final = sa.inspect(Refund).local_table.c
_HELD: Final = sa.inspect(HeldPayment).local_table.c
_CHANGES: Final = sa.inspect(Change).local_table.c
_LINES: Final = sa.inspect(OrderLine).local_table.c
_ENTRIES: Final = sa.inspect(JournalEntry).local_table.c


async def differences_in_orders(database: Database, *, since: datetime, until: datetime) -> Sequence[Difference]:
    """Of orders whose last payment that brought money was begun from `since` until just before `until`, and of those
    placed then that nothing was ever paid for."""
    found: list[Difference] = []
    async with database.reading(snapshot=True) as session:
        rows = (await session.execute(_doubtful(since, until))).all()
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            found += _differences(chunk, await _keepable(session, chunk))
        for row in await session.execute(_paid_without_payment(since, until)):
            found.append(_difference(row, ours=0, theirs=row.total))
    return found


def _differences(rows: Sequence[Any], keepable: Mapping[UUID, int]) -> Iterator[Difference]:
    for row in rows:
        if row.status in PAID:
            yield _difference(row, ours=row.brought if row.keeping else row.ever_brought, theirs=row.total)
        elif row.kept > keepable.get(row.id, 0):
            yield _difference(row, ours=row.kept, theirs=keepable.get(row.id, 0))


def _difference(row: Any, *, ours: int, theirs: int) -> Difference:
    reference = getattr(row, "reference", None)
    amounts = (Money(row.currency, ours), Money(row.currency, theirs))
    return Difference(DifferenceKind.ORDER_DISAGREES, reference, row.id, *amounts)


def _doubtful(since: datetime, until: datetime) -> sa.Select[Any]:
    """Orders that are paid otherwise than once and with their total, and others that keep something."""
    in_span = sa.select(_PAYMENTS.order_id).where(_PAYMENTS.created_at >= since, _PAYMENTS.created_at < until)
    settled = _settled().where(_PAYMENTS.order_id.in_(in_span)).subquery().c
    keeps = settled.kept > 0
    keeping, fitting = _count(keeps), _count(settled.fits)
    wrongly_paid = sa.or_(keeping > 1, _count(keeps & ~settled.fits) > 0, (fitting == 0) & (_ORDERS.total > 0))
    paid = _ORDERS.status.in_(PAID)
    return (
        sa.select(
            _ORDERS.id,
            _ORDERS.status,
            _ORDERS.currency,
            _ORDERS.total,
            keeping.label("keeping"),
            _sum(settled.kept).label("kept"),
            _sum(sa.case((keeps, settled.amount), else_=0)).label("brought"),
            _sum(settled.amount).label("ever_brought"),
            sa.case((sa.func.count() == 1, sa.func.max(settled.provider_reference))).label("reference"),
        )
        .join(Order, _ORDERS.id == settled.order_id)
        .group_by(_ORDERS.id)
        .having(sa.func.max(settled.created_at) < until)
        .having(sa.case((paid, wrongly_paid), else_=keeping > 0))
        .order_by(_ORDERS.id)
    )


def _settled() -> sa.Select[Any]:
    """Payments that brought money: what each keeps, and whether it was right for its order.

    A refund that failed counts as gone while it is owed, as does what the customer was given otherwise. An amount other
    than the total is right where staff have settled what was held with it and what was too much is owed back."""
    failed = _of(_sum(_REFUNDS.amount), _REFUNDS.status == RefundStatus.FAILED, _REFUNDS.closed_at.is_(None))
    overpaid = _of(sa.func.coalesce(sa.func.max(_REFUNDS.amount), 0), _REFUNDS.overpaid)
    held = sa.select(_sum(_HELD.amount)).where(_HELD.payment_id == _PAYMENTS.id).scalar_subquery()
    left = _PAYMENTS.amount - _PAYMENTS.refunded - _PAYMENTS.given_otherwise - failed
    over = _PAYMENTS.amount - _ORDERS.total
    accepted = sa.and_(held == _PAYMENTS.amount, sa.or_(over < 0, overpaid == over))
    fits = sa.and_(_PAYMENTS.currency == _ORDERS.currency, sa.or_(over == 0, accepted))
    return (
        sa.select(
            _PAYMENTS.order_id,
            _PAYMENTS.created_at,
            _PAYMENTS.provider_reference,
            _PAYMENTS.amount,
            sa.case((left > 0, left), else_=0).label("kept"),
            fits.label("fits"),
        )
        .join(Order, _ORDERS.id == _PAYMENTS.order_id)
        .where(_PAYMENTS.status.in_(SETTLED))
    )


def _of(what: Any, *where: sa.ColumnElement[bool]) -> Any:
    return sa.select(what).where(_REFUNDS.payment_id == _PAYMENTS.id, *where).scalar_subquery()


def _sum(amount: Any) -> Any:
    return sa.cast(sa.func.coalesce(sa.func.sum(amount), 0), MINOR)


def _count(condition: Any) -> Any:
    return _sum(sa.case((condition, 1), else_=0))


async def _keepable(session: AsyncSession, rows: Sequence[Any]) -> Mapping[UUID, int]:
    """What orders that were withdrawn from may keep: what of the time paid for was used since their delivery."""
    ids = [row.id for row in rows if row.status is OrderStatus.CANCELLED]
    moves: dict[tuple[UUID, OrderStatus], datetime] = {}
    ends = _CHANGES.to_status.in_([OrderStatus.COMPLETE, OrderStatus.CANCELLED])
    query = sa.select(_CHANGES.order_id, _CHANGES.to_status, _CHANGES.at).where(_CHANGES.order_id.in_(ids), ends)
    for change in await session.execute(query):
        moves[change.order_id, change.to_status] = change.at
    delivered = [each for each in ids if (each, OrderStatus.COMPLETE) in moves]
    lines: dict[UUID, list[PaidLine]] = {each: [] for each in delivered}
    ordered = sa.select(*_LINES).where(_LINES.order_id.in_(delivered)).order_by(_LINES.order_id, _LINES.position)
    for line in await session.execute(ordered):
        lines[line.order_id].append(PaidLine(line.total_without_tax, line.tax_rate, line.period_days))
    keepable = {}
    for order_id, paid in await session.execute(_paid_before_the_end(delivered)):
        owed = withdrawal_refund(
            paid=paid,
            lines=lines[order_id],
            delivered_at=moves[order_id, OrderStatus.COMPLETE],
            now=moves[order_id, OrderStatus.CANCELLED],
        )
        keepable[order_id] = paid - owed
    return keepable


def _paid_before_the_end(ids: Sequence[UUID]) -> sa.Select[Any]:
    paid = sa.case(
        (_ENTRIES.credit == LedgerAccount.PAID, _ENTRIES.amount),
        (_ENTRIES.debit == LedgerAccount.PAID, -_ENTRIES.amount),
        else_=0,
    )
    return (
        sa.select(_ENTRIES.order_id, _sum(paid))
        .join(Change, sa.and_(_CHANGES.order_id == _ENTRIES.order_id, _CHANGES.to_status == OrderStatus.CANCELLED))
        .where(_ENTRIES.order_id.in_(ids), _ENTRIES.at < _CHANGES.at)
        .group_by(_ENTRIES.order_id)
    )


def _paid_without_payment(since: datetime, until: datetime) -> sa.Select[Any]:
    settled = sa.exists().where(_PAYMENTS.order_id == _ORDERS.id, _PAYMENTS.status.in_(SETTLED))
    return sa.select(_ORDERS.id, _ORDERS.currency, _ORDERS.total).where(
        _ORDERS.created_at >= since, _ORDERS.created_at < until, _ORDERS.status.in_(PAID), _ORDERS.total > 0, ~settled
    )
