"""The inbox: what a provider tells by itself is stored and applied in one transaction, once, however often it is told.

A message only says what to look at: how that stands is asked before the transaction begins, so that neither the order
of messages nor their age matters. What no rule may act on is kept for staff."""

from contextlib import suppress
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from gateways.payments import (
    PaymentProvider,
    ProviderEvent,
    ProviderRefusal,
    ProviderUnavailable,
    UnknownAtProvider,
)
from models.change import ChangeKind
from models.database import Database, Transaction, insert_into
from models.inbox import InboxEvent
from models.payment import Mismatch
from ordering.actors import Actor
from ordering.heeding import heed, is_ours, look
from ordering.history import record_change
from ordering.refusals import NotFound, Refusal
from ordering.settling import FOUND_BY
from ordering.taking import take_order
from ordering.verifying import verify_setup
from texts import mark

#: It is the message that no rule may act on: looking anew at what it is about changes nothing of that.
_UNFIT: Final = frozenset({Mismatch.UNKNOWN_TYPE, Mismatch.OTHER_MODE, Mismatch.UNREADABLE})

log: structlog.stdlib.BoundLogger = structlog.get_logger("ordering")


class EventNotHeld(Refusal):
    code = "EVENT_NOT_HELD"
    message = mark("This event does not wait for anybody, or no longer.")


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
    if event.setup is not None and event.unfit is None:
        with suppress(ProviderRefusal):
            await verify_setup(database, provider, event.setup)
    try:
        told = await look(provider, event)
    except ProviderUnavailable as failed:
        disowned = isinstance(failed, UnknownAtProvider) and event.created_at + FOUND_BY <= await database.moment()
        if not disowned and await is_ours(database, event):
            raise
        told = None  # whether or not it is there: to us it is unknown
    reached("event.looked")
    async with database.writing() as tx:
        event_id = await _store(tx, source, event)
        heeded = None if event_id is None else await heed(tx, event, told)
        if heeded is not None and heeded.why is not None:
            log.error("an event of the payment provider is held for staff", event_id=event.id, why=heeded.why)
            changed = sa.update(InboxEvent).where(col(InboxEvent.id) == event_id)
            await tx.session.execute(changed.values(held_for=heeded.why, order_id=heeded.order_id, body=body))
        reached("event.recording")
    reached("event.recorded")


async def apply_held_event(database: Database, provider: PaymentProvider, *, event_id: UUID, by: Actor) -> None:
    """Staff have what an event is about looked at anew: where it fits now, it is done and the event is resolved. That
    they tried stands in the history of the order that it concerns, whatever came of it.

    Raises NotFound, EventNotHeld or ProviderUnavailable."""
    reached("held_event.asked")
    async with database.writing() as tx:
        event = _told_by(await _take_held(tx, event_id))
    try:
        told = await look(provider, event)
    except UnknownAtProvider:
        told = None
    except ProviderUnavailable:
        async with database.writing() as tx:
            await _record(tx, await _take_held(tx, event_id), by=by)
        raise
    reached("held_event.looked")
    async with database.writing() as tx:
        row = await _take_held(tx, event_id)
        heeded = await heed(tx, event, told)
        row.order_id = heeded.order_id or row.order_id
        if heeded.why is None:
            await _resolve(tx, row, note=None, by=by)
        else:
            row.held_for = heeded.why
            await _record(tx, row, by=by)
        reached("held_event.applying")
    reached("held_event.applied")


async def resolve_event(tx: Transaction, *, event_id: UUID, note: str, by: Actor) -> None:
    """Staff have dealt with what an event told of, and say how. Raises NotFound or EventNotHeld."""
    await _resolve(tx, await _take_held(tx, event_id), note=note, by=by)
    reached("held_event.resolving")


async def _take_held(tx: Transaction, event_id: UUID) -> InboxEvent:
    event = await tx.session.get(InboxEvent, event_id, with_for_update=True)
    if event is None:
        raise NotFound(what=mark("event"), path=["eventId"])
    if event.held_for is None or event.resolved_at is not None:
        raise EventNotHeld(path=["eventId"])
    return event


async def _resolve(tx: Transaction, event: InboxEvent, *, note: str | None, by: Actor) -> None:
    await _record(tx, event, by=by, note=note)
    event.resolved_at, event.resolved_by, event.note, event.body = tx.now, by.account_id, note, None


async def _record(tx: Transaction, event: InboxEvent, *, by: Actor, note: str | None = None) -> None:
    if event.order_id is not None:
        order = await take_order(tx, event.order_id, by=by)
        record_change(tx, order, ChangeKind.PAYMENT, by=by, reason=note)


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
        unfit=row.held_for if row.held_for in _UNFIT else None,
    )


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


def _same(source: str, event: ProviderEvent) -> sa.Select[UUID]:
    return sa.select(col(InboxEvent.id)).where(col(InboxEvent.source) == source, col(InboxEvent.event_id) == event.id)
