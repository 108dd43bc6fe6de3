"""Heeding what a provider tells by itself: how the thing stands now is asked for, and recorded where it fits."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from gateways.payments import Charge, PaymentProvider, ProviderEvent, ProviderRefund, ProviderRefusal
from models.database import Database, Transaction
from models.payment import Mismatch, Payment, Refund
from ordering.refunds import apply_refund
from ordering.settling import apply_charge

_Row = TypeVar("_Row", Payment, Refund)


@dataclass(frozen=True, slots=True)
class Heeded:
    """What an event came to: `why` it is kept for staff, None where nobody has to look; and the order that it concerns,
    or seems to."""

    why: Mismatch | None = None
    order_id: UUID | None = None


async def is_ours(database: Database, event: ProviderEvent) -> bool:
    async with database.reading() as session:
        return await _order_of(session, event) is not None


async def look(provider: PaymentProvider, event: ProviderEvent) -> Charge | ProviderRefund | None:
    """How the thing stands now; None where the event is about none, or about one that the provider will not show, or
    may not be acted on anyway.

    Raises ProviderUnavailable."""
    if event.harmless or event.unfit is not None:
        return None
    try:
        if event.refund is not None:
            return await provider.retrieve_refund(event.refund)
        return None if event.charge is None else await provider.retrieve(event.charge)
    except ProviderRefusal:
        return None


async def heed(tx: Transaction, event: ProviderEvent, told: Charge | ProviderRefund | None) -> Heeded:
    """Records what was found; what nobody has a rule for waits for staff, as does what does not fit."""
    if event.harmless:
        return Heeded()
    if event.unfit is not None:
        return Heeded(event.unfit, await _order_of(tx.session, event))
    if event.refund is not None:
        return await _heed_refund(tx, event, told)
    if event.charge is not None or event.disputed:
        return await _heed_charge(tx, event, told)
    if event.setup is not None:  # saving a method is no money: what is not known there is nothing to hold
        return Heeded()
    return Heeded(Mismatch.UNKNOWN_TYPE)


async def _heed_charge(tx: Transaction, event: ProviderEvent, told: Charge | ProviderRefund | None) -> Heeded:
    attempt = (told.attempt if told else None) or event.attempt
    payment = await _named(tx.session, Payment, event.charge, attempt)
    if event.disputed:
        return Heeded(Mismatch.DISPUTED, payment.order_id if payment else None)
    if payment is None:
        return Heeded(Mismatch.UNKNOWN_CHARGE)
    if not isinstance(told, Charge):
        return Heeded(Mismatch.UNKNOWN_CHARGE, payment.order_id)
    if event.attempt not in (None, str(payment.id)):
        return Heeded(Mismatch.OTHER_ATTEMPT, payment.order_id)
    applied = await apply_charge(tx, payment.id, told)
    return Heeded(applied.mismatch, payment.order_id)


async def _heed_refund(tx: Transaction, event: ProviderEvent, told: Charge | ProviderRefund | None) -> Heeded:
    refund = await _named(tx.session, Refund, event.refund, told.attempt if told else event.attempt)
    if refund is None:
        return Heeded(Mismatch.UNKNOWN_REFUND)
    payment = await tx.session.get_one(Payment, refund.payment_id)
    if not isinstance(told, ProviderRefund):
        return Heeded(Mismatch.UNKNOWN_REFUND, payment.order_id)
    return Heeded(await apply_refund(tx, refund.id, told), payment.order_id)


async def _order_of(session: AsyncSession, event: ProviderEvent) -> UUID | None:
    """By the names in the event alone; None where they are nobody's here."""
    if event.refund is not None:
        refund = await _named(session, Refund, event.refund, event.attempt)
        return None if refund is None else (await session.get_one(Payment, refund.payment_id)).order_id
    payment = await _named(session, Payment, event.charge, event.attempt)
    return None if payment is None else payment.order_id


async def _named(session: AsyncSession, table: type[_Row], reference: str | None, attempt: str | None) -> _Row | None:
    """By the provider's name for it, or else, where its answer to us was lost, by our own key."""
    if reference is not None:
        by_name = sa.select(table).filter_by(provider_reference=reference)
        found = (await session.execute(by_name)).scalar_one_or_none()
        if found is not None:
            return found
    if attempt is None:
        return None
    try:
        return await session.get(table, UUID(attempt))
    except ValueError:  # a key that we do not give
        return None
