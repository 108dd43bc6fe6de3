"""The inbox: what a provider tells by itself is stored and applied in one transaction, once, however often it is told.

A message only says what to look at: how that stands is asked before the transaction begins, so that neither the order
of messages nor their age matters. What no rule may act on is kept for staff."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from gateways.payments import (
    Charge,
    PaymentProvider,
    ProviderEvent,
    ProviderRefund,
    ProviderRefusal,
    ProviderUnavailable,
    UnknownAtProvider,
)
from models.change import ChangeKind
from models.database import Database, Transaction, insert_into
from models.inbox import InboxEvent
from models.payment import Mismatch, Payment, Refund
from ordering.actors import Actor
from ordering.history import record_change
from ordering.refunds import apply_refund
from ordering.refusals import NotFound, Refusal
from ordering.settling import FOUND_BY, apply_charge
from ordering.taking import take_order
from ordering.verifying import verify_setup
from texts import mark

_Row = TypeVar("_Row", Payment, Refund)

log: structlog.stdlib.BoundLogger = structlog.get_logger("ordering")


class EventNotHeld(Refusal):
    code = "EVENT_NOT_HELD"
    message = mark("This event does not wait for anybody, or no longer.")


@dataclass(frozen=True, slots=True)
class _Held:
    """Why an event is kept for staff, and which order it seems to concern."""

    why: Mismatch
    order_id: UUID | None = None


async def receive_event(
    database: Database, provider: PaymentProvider, *, source: str, event: ProviderEvent, body: bytes
) -> None:
    """Once this returns, the event is stored for good and what it told of is done.

    Raises ProviderUnavailable: nothing is stored then, and the provider is to send it again. What it still does not
    know itself after a while it would send for ever: that is kept for staff."""
    async with database.reading() as session:
        if (await session.execute(_same(source, event))).scalar_one_or_none() is not None:
            return
    reached("event.received")
    if event.setup is not None:
        with suppress(ProviderRefusal):  # saving a method is no money: what is not known there is nothing to hold
            await verify_setup(database, provider, event.setup)
    try:
        told = await _look(provider, event)
    except ProviderUnavailable as failed:
        disowned = isinstance(failed, UnknownAtProvider) and event.created_at + FOUND_BY <= await database.moment()
        if not disowned and await _is_ours(database, event):
            raise
        told = None  # whether or not it is there: to us it is unknown
    reached("event.looked")
    async with database.writing() as tx:
        event_id = await _store(tx, source, event)
        held = None if event_id is None else await _apply(tx, event, told)
        if held is not None:
            log.error("an event of the payment provider is held for staff", event_id=event.id, why=held.why)
            changed = sa.update(InboxEvent).where(col(InboxEvent.id) == event_id)
            await tx.session.execute(changed.values(held_for=held.why, order_id=held.order_id, body=body))
        reached("event.recording")
    reached("event.recorded")


async def apply_held_event(database: Database, provider: PaymentProvider, *, event_id: UUID, by: Actor) -> None:
    """Staff have what an event is about looked at anew: where it fits now, it is done and the event is resolved.

    Raises NotFound, EventNotHeld or ProviderUnavailable."""
    async with database.writing() as tx:
        event = _told_by(await _take_held(tx, event_id))
    try:
        told = await _look(provider, event)
    except UnknownAtProvider:
        told = None
    async with database.writing() as tx:
        row = await _take_held(tx, event_id)
        held = await _apply(tx, event, told)
        if held is not None:
            row.held_for, row.order_id = held.why, held.order_id or row.order_id
            return
        await _resolve(tx, row, note=None, by=by)


async def resolve_event(tx: Transaction, *, event_id: UUID, note: str, by: Actor) -> None:
    """Staff have dealt with what an event told of, and say how. Raises NotFound or EventNotHeld."""
    await _resolve(tx, await _take_held(tx, event_id), note=note, by=by)


async def _take_held(tx: Transaction, event_id: UUID) -> InboxEvent:
    event = await tx.session.get(InboxEvent, event_id, with_for_update=True)
    if event is None:
        raise NotFound(what=mark("event"), path=["eventId"])
    if event.held_for is None or event.resolved_at is not None:
        raise EventNotHeld(path=["eventId"])
    return event


async def _resolve(tx: Transaction, event: InboxEvent, *, note: str | None, by: Actor) -> None:
    if event.order_id is not None:
        order = await take_order(tx, event.order_id, by=by)
        record_change(tx, order, ChangeKind.PAYMENT, by=by, reason=note)
    event.resolved_at, event.resolved_by, event.note, event.body = tx.now, by.account_id, note, None


def _told_by(row: InboxEvent) -> ProviderEvent:
    """What was stored of an event."""
    return ProviderEvent(
        id=row.event_id,
        type=row.type,
        created_at=row.created_at,
        charge=row.charge,
        refund=row.refund,
        setup=row.setup,
        attempt=row.attempt,
        disputed=row.held_for is Mismatch.DISPUTED,
    )


async def _is_ours(database: Database, event: ProviderEvent) -> bool:
    async with database.reading() as session:
        if event.refund is not None:
            return await _named(session, Refund, event.refund, event.attempt) is not None
        return await _named(session, Payment, event.charge, event.attempt) is not None


async def _look(provider: PaymentProvider, event: ProviderEvent) -> Charge | ProviderRefund | None:
    """How the thing stands now; None where the event is about none, or about one that the provider will not show."""
    try:
        if event.refund is not None:
            return await provider.retrieve_refund(event.refund)
        return None if event.charge is None else await provider.retrieve(event.charge)
    except ProviderRefusal:
        return None


async def _store(tx: Transaction, source: str, event: ProviderEvent) -> UUID | None:
    """Its id; None where it is there already. Whoever is just storing the same one is waited for."""
    row = {
        "id": uuid7(),
        "source": source,
        "event_id": event.id,
        "type": event.type[:100],
        "charge": event.charge,
        "refund": event.refund,
        "setup": event.setup,
        "attempt": event.attempt,
        "created_at": event.created_at,
        "received_at": tx.now,
    }
    stored = insert_into(tx.session, InboxEvent).values(row).on_conflict_do_nothing()
    return (await tx.session.execute(stored.returning(col(InboxEvent.id)))).scalar_one_or_none()


async def _apply(tx: Transaction, event: ProviderEvent, told: Charge | ProviderRefund | None) -> _Held | None:
    if event.refund is not None:
        return await _apply_refund(tx, event, told)
    if event.charge is not None or event.disputed:
        return await _apply_charge(tx, event, told)
    return None


async def _apply_charge(tx: Transaction, event: ProviderEvent, told: Charge | ProviderRefund | None) -> _Held | None:
    attempt = (told.attempt if told else None) or event.attempt
    payment = await _named(tx.session, Payment, event.charge, attempt)
    if event.disputed:
        return _Held(Mismatch.DISPUTED, payment.order_id if payment else None)
    if payment is None:
        return _Held(Mismatch.UNKNOWN_CHARGE)
    if not isinstance(told, Charge):
        return _Held(Mismatch.UNKNOWN_CHARGE, payment.order_id)
    if event.attempt not in (None, str(payment.id)):
        return _Held(Mismatch.OTHER_ATTEMPT, payment.order_id)
    applied = await apply_charge(tx, payment.id, told)
    return None if applied.mismatch is None else _Held(applied.mismatch, payment.order_id)


async def _apply_refund(tx: Transaction, event: ProviderEvent, told: Charge | ProviderRefund | None) -> _Held | None:
    refund = await _named(tx.session, Refund, event.refund, told.attempt if told else event.attempt)
    if refund is None:
        return _Held(Mismatch.UNKNOWN_REFUND)
    payment = await tx.session.get_one(Payment, refund.payment_id)
    if not isinstance(told, ProviderRefund):
        return _Held(Mismatch.UNKNOWN_REFUND, payment.order_id)
    mismatch = await apply_refund(tx, refund.id, told)
    return None if mismatch is None else _Held(mismatch, payment.order_id)


async def _named(session: AsyncSession, table: type[_Row], reference: str | None, attempt: str | None) -> _Row | None:
    """By the provider's name for it, or else, where its answer to us was lost, by our own key."""
    by_name = sa.select(table).filter_by(provider_reference=reference)
    found = (await session.execute(by_name)).scalar_one_or_none()
    if found is not None or attempt is None:
        return found
    try:
        return await session.get(table, UUID(attempt))
    except ValueError:  # a key that we do not give
        return None


def _same(source: str, event: ProviderEvent) -> sa.Select[UUID]:
    return sa.select(col(InboxEvent.id)).where(col(InboxEvent.source) == source, col(InboxEvent.event_id) == event.id)
