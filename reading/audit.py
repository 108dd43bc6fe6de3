"""The audit: the provider's own list of money moved against our journal, and our books against each other."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from gateways.payments import (
    Charge,
    ChargeStatus,
    Movement,
    MovementKind,
    PaymentProvider,
    ProviderRefund,
    ProviderRefusal,
    StrangeAmount,
    UnknownAtProvider,
)
from models.database import Database
from models.ledger import EntryKind, JournalEntry, LedgerAccount
from models.money import Money
from models.payment import Payment, Refund, RefundStatus
from reading.books import differences_in_books
from reading.differences import CHUNK, Difference, DifferenceKind

_ENTRIES = sa.inspect(JournalEntry).local_table
_TABLES = {
    MovementKind.CHARGE: (sa.inspect(Payment).local_table, EntryKind.PAYMENT),
    MovementKind.REFUND: (sa.inspect(Refund).local_table, EntryKind.REFUND_PAID),
}
_UNKNOWN = {
    MovementKind.CHARGE: DifferenceKind.UNKNOWN_CHARGE,
    MovementKind.REFUND: DifferenceKind.UNKNOWN_REFUND,
}

log: structlog.stdlib.BoundLogger = structlog.get_logger("reading")


@dataclass(frozen=True, slots=True)
class Audit:
    """`at_provider`: what the provider says came in, less what went back, by currency, in minor units, of all amounts
    that we could have, too; `movements`: of how many charges and refunds, where another amount is a difference;
    `elsewhere`: how many in our journal moved at another provider, which this one could not be asked about."""

    since: datetime
    until: datetime
    movements: int
    at_provider: Mapping[str, int]
    elsewhere: int
    differences: Sequence[Difference]


async def audit_money(database: Database, provider: PaymentProvider, *, since: datetime, until: datetime) -> Audit:
    """All that was begun from `since` until just before `until`. Raises ProviderUnavailable.

    Compared in chunks, each with a fixed number of statements; only names of charges and refunds are held for all."""
    seen: set[str] = set()
    sums: Counter[str] = Counter()
    found: list[Difference] = []
    async for chunk in _chunks(provider.movements(since=since, until=until)):
        for movement in chunk:
            seen.add(movement.reference)
            sign = 1 if movement.kind is MovementKind.CHARGE else -1
            if isinstance(movement.amount, StrangeAmount):
                _log_strange(movement, movement.amount)
            else:
                sums[movement.amount.currency] += sign * movement.amount.minor
        for kind in MovementKind:
            found += await _unbooked(database, kind, [each for each in chunk if each.kind is kind])
    elsewhere = 0
    for kind in MovementKind:
        for row in await _booked(database, kind, since, until):
            if row.charge_reference is not None and not provider.owns(row.charge_reference):
                elsewhere += 1
            elif row.provider_reference not in seen and not await _has_moved(provider, kind, row):
                ours = Money(row.currency, row.amount)
                found.append(Difference(DifferenceKind.NOT_AT_PROVIDER, row.provider_reference, row.order_id, ours))
    found += [each async for each in differences_in_books(database, since=since, until=until)]
    return Audit(since, until, len(seen), dict(sums), elsewhere, found)


async def _chunks(movements: AsyncIterator[Movement]) -> AsyncIterator[list[Movement]]:
    chunk: list[Movement] = []
    async for movement in movements:
        chunk.append(movement)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _unbooked(database: Database, kind: MovementKind, movements: Sequence[Movement]) -> list[Difference]:
    """What of these is not in the journal, or not so."""
    table, entry = _TABLES[kind]
    keys = {movement.reference: _key(movement.attempt) for movement in movements}
    booked = sa.and_(_ENTRIES.c.subject_id == table.c.id, _ENTRIES.c.kind == entry)
    payments = _TABLES[MovementKind.CHARGE][0]
    payment_id = table.c.id if kind is MovementKind.CHARGE else table.c.payment_id
    query = sa.select(
        table.c.id, table.c.provider_reference, _ENTRIES.c.amount, payments.c.order_id, payments.c.currency
    ).outerjoin_from(table, _ENTRIES, booked)
    if kind is MovementKind.REFUND:
        query = query.join(payments, payments.c.id == payment_id)
    named = table.c.provider_reference.in_(list(keys)) | table.c.id.in_([key for key in keys.values() if key])
    async with database.reading() as session:
        rows = (await session.execute(query.where(named))).all()
    by_name, by_key = {row.provider_reference: row for row in rows}, {row.id: row for row in rows}
    differences = (
        _difference(movement, by_name.get(movement.reference) or by_key.get(keys[movement.reference]))
        for movement in movements
    )
    return [each for each in differences if each is not None]


def _difference(movement: Movement, row: Any | None) -> Difference | None:
    theirs = None if isinstance(movement.amount, StrangeAmount) else movement.amount
    if row is None:
        return Difference(_UNKNOWN[movement.kind], movement.reference, theirs=theirs)
    ours = None if row.amount is None else Money(row.currency, row.amount)
    if row.provider_reference not in (None, movement.reference):
        kind = DifferenceKind.CHARGED_TWICE if movement.kind is MovementKind.CHARGE else DifferenceKind.UNKNOWN_REFUND
    elif ours is None:
        kind = DifferenceKind.NOT_BOOKED
    elif ours != theirs:
        kind = DifferenceKind.OTHER_AMOUNT
    else:
        return None
    return Difference(kind, movement.reference, row.order_id, ours, theirs)


async def _booked(database: Database, kind: MovementKind, since: datetime, until: datetime) -> Sequence[Any]:
    """What the journal says has moved at the provider, and did not come back."""
    table, entry = _TABLES[kind]
    side = _ENTRIES.c.debit if kind is MovementKind.CHARGE else _ENTRIES.c.credit
    again = _ENTRIES.alias()
    returned = sa.exists().where(again.c.subject_id == _ENTRIES.c.subject_id, again.c.kind == EntryKind.REFUND_RETURNED)
    payments = _TABLES[MovementKind.CHARGE][0]
    query = (
        sa.select(
            table.c.provider_reference,
            payments.c.provider_reference.label("charge_reference"),
            _ENTRIES.c.order_id,
            _ENTRIES.c.amount,
            _ENTRIES.c.currency,
        )
        .join_from(_ENTRIES, table, table.c.id == _ENTRIES.c.subject_id)
        .where(_ENTRIES.c.at >= since, _ENTRIES.c.at < until, _ENTRIES.c.kind == entry)
        .where(side == LedgerAccount.PROVIDER, ~returned)
    )
    if kind is MovementKind.REFUND:
        query = query.join(payments, payments.c.id == table.c.payment_id)
    async with database.reading() as session:
        return (await session.execute(query)).all()


async def _has_moved(provider: PaymentProvider, kind: MovementKind, row: Any) -> bool:
    """What we learned in this span of time, the provider may have begun before: it is asked for by its name. Raises
    ProviderUnavailable where it does not tell: only what it does not find has not moved."""
    if row.provider_reference is None:
        return False
    told: Charge | ProviderRefund
    try:
        if kind is MovementKind.CHARGE:
            told = await provider.retrieve(row.provider_reference)
        else:
            told = await provider.retrieve_refund(row.provider_reference)
    except (ProviderRefusal, UnknownAtProvider):
        return False
    moved = told.status in (ChargeStatus.SUCCEEDED, RefundStatus.SUCCEEDED)
    return moved and told.amount == Money(row.currency, row.amount)


def _log_strange(movement: Movement, amount: StrangeAmount) -> None:
    """As it was told: it cannot be shown as money."""
    log.error(
        "the payment provider tells an amount that is none here",
        reference=movement.reference,
        currency=amount.currency,
        told=amount.told,
    )


def _key(attempt: str | None) -> UUID | None:
    try:
        return UUID(attempt) if attempt else None
    except ValueError:  # of another program that shares the provider's account
        return None
