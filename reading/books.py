"""Whether our own books agree: what payments, refunds and orders say of themselves against the ledger's journal."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models.database import Database
from models.held import HeldPayment
from models.ledger import EntryKind, JournalEntry
from models.money import Money
from models.payment import Payment, Refund, RefundStatus
from ordering.taking import SETTLED
from reading.brought import differences_in_orders
from reading.differences import CHUNK, Difference, DifferenceKind

_PAYMENTS: Final = sa.inspect(Payment).local_table.c
_REFUNDS: Final = sa.inspect(Refund).local_table.c
_ENTRIES: Final = sa.inspect(JournalEntry).local_table.c
_HELD: Final = sa.inspect(HeldPayment).local_table.c

_PROMISED, _PAID = EntryKind.REFUND_PROMISED, EntryKind.REFUND_PAID
_FAILED, _REOPENED = EntryKind.REFUND_FAILED, EntryKind.REFUND_REOPENED
#: The ways of refunds in each status through the journal.
_WAYS: Final[Mapping[RefundStatus, Sequence[frozenset[EntryKind]]]] = {
    RefundStatus.PENDING: [frozenset({_PROMISED})],
    RefundStatus.SUCCEEDED: [frozenset({_PROMISED, _PAID}), frozenset({_PROMISED, _FAILED, _REOPENED, _PAID})],
    RefundStatus.FAILED: [
        frozenset({_PROMISED, _FAILED}),
        frozenset({_PROMISED, _PAID, EntryKind.REFUND_RETURNED}),
        frozenset({_PROMISED, _FAILED, _REOPENED, _PAID, EntryKind.REFUND_RETURNED}),
    ],
}


async def differences_in_books(database: Database, *, since: datetime, until: datetime) -> AsyncIterator[Difference]:
    """Of what was begun from `since` until just before `until`; a fixed number of statements for each chunk."""
    place: tuple[datetime, UUID] | None = None
    while True:
        async with database.reading(snapshot=True) as session:
            payments = await _payments(session, since, until, place)
            refunds, entries = await _refunds_and_entries(session, payments)
        for payment in payments:
            for difference in _differences(payment, refunds[payment.id], entries):
                yield difference
        if len(payments) < CHUNK:
            break
        place = (payments[-1].created_at, payments[-1].id)
    for difference in await differences_in_orders(database, since=since, until=until):
        yield difference
    async with database.reading() as session:
        for row in await session.execute(_held_and_not_booked(since, until)):
            amount = Money(row.currency, row.amount)
            yield Difference(DifferenceKind.BOOKS_DISAGREE, row.external_id, row.order_id, theirs=amount)


async def _payments(
    session: AsyncSession, since: datetime, until: datetime, after: tuple[datetime, UUID] | None
) -> Sequence[Any]:
    order = (_PAYMENTS.created_at, _PAYMENTS.id)
    query = sa.select(*_PAYMENTS).where(_PAYMENTS.created_at >= since, _PAYMENTS.created_at < until)
    if after is not None:
        query = query.where(
            sa.tuple_(*order) > sa.tuple_(*(sa.bindparam(None, v, c.type) for v, c in zip(after, order, strict=True)))
        )
    return (await session.execute(query.order_by(*order).limit(CHUNK))).all()


async def _refunds_and_entries(
    session: AsyncSession, payments: Sequence[Any]
) -> tuple[Mapping[UUID, list[Any]], Mapping[UUID, dict[EntryKind, int]]]:
    """The refunds of each payment; and what was booked of each payment and refund."""
    ids = [payment.id for payment in payments]
    refunds: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in await session.execute(sa.select(*_REFUNDS).where(_REFUNDS.payment_id.in_(ids))):
        refunds[row.payment_id].append(row)
    subjects = ids + [refund.id for each in refunds.values() for refund in each]
    entries: defaultdict[UUID, dict[EntryKind, int]] = defaultdict(dict)
    for row in await session.execute(sa.select(*_ENTRIES).where(_ENTRIES.subject_id.in_(subjects))):
        entries[row.subject_id][row.kind] = row.amount
    return refunds, entries


def _differences(
    payment: Any, refunds: Sequence[Any], entries: Mapping[UUID, dict[EntryKind, int]]
) -> list[Difference]:
    found = []
    settled = payment.status in SETTLED
    booked = entries[payment.id]
    if booked != ({EntryKind.PAYMENT: payment.amount} if settled else {}):
        found.append(_disagrees(payment, booked.get(EntryKind.PAYMENT, 0), payment.amount if settled else 0))
    for refund in refunds:
        way = entries[refund.id]
        if frozenset(way) not in _WAYS[refund.status] or set(way.values()) != {refund.amount}:
            found.append(_disagrees(payment, way.get(_PAID, 0), refund.amount))
    counted = sum(refund.amount for refund in refunds if refund.status is not RefundStatus.FAILED)
    if payment.refunded != counted:
        found.append(_disagrees(payment, payment.refunded, counted))
    given = sum(refund.given_otherwise for refund in refunds)
    if payment.given_otherwise != given:
        found.append(_disagrees(payment, payment.given_otherwise, given))
    if counted + given > payment.amount:
        found.append(_disagrees(payment, counted + given, payment.amount))
    return found


def _disagrees(payment: Any, ours: int, theirs: int) -> Difference:
    return Difference(
        DifferenceKind.BOOKS_DISAGREE,
        payment.provider_reference,
        payment.order_id,
        Money(payment.currency, ours),
        Money(payment.currency, theirs),
    )


def _held_and_not_booked(since: datetime, until: datetime) -> sa.Select[Any]:
    """What came by bank transfer and is held, or is held no longer, while the journal does not say so."""

    def booked(kind: EntryKind) -> sa.ColumnElement[bool]:
        return sa.exists().where(_ENTRIES.subject_id == _HELD.id, _ENTRIES.kind == kind)

    released = _HELD.resolved_at.is_not(None) == booked(EntryKind.HELD_RELEASED)
    return sa.select(_HELD.external_id, _HELD.order_id, _HELD.amount, _HELD.currency).where(
        _HELD.held_at >= since, _HELD.held_at < until, ~sa.and_(booked(EntryKind.HELD_RECEIVED), released)
    )
