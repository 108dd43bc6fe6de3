"""Reconciling: asking the provider how an attempt stands and recording the answer, with no transaction open before."""

from uuid import UUID

import structlog

from gateways.failpoints import reached
from gateways.payments import Charge, PaymentProvider, ProviderRefusal, ProviderUnavailable, UnknownAtProvider
from models.change import ChangeKind
from models.database import Database
from models.money import Money
from models.order import Order
from models.payment import Mismatch, Payment, PaymentStatus
from ordering.actors import Actor
from ordering.history import record_change
from ordering.refusals import NotFound, Refusal
from ordering.settling import FOUND_BY, apply_charge, fail_attempt, schedule_check
from ordering.sources import AT_PROVIDER
from ordering.taking import OPEN, take_attempt
from texts import mark

log: structlog.stdlib.BoundLogger = structlog.get_logger("ordering")


class NothingToAsk(Refusal):
    """No provider knows of it."""

    code = "NOTHING_TO_ASK"
    message = mark("The payment provider was never asked for this payment.")


async def check_payment(database: Database, provider: PaymentProvider, payment_id: UUID, *, by: Actor) -> None:
    """Staff want to know now; that they asked stands in the order's history, whatever the answer.

    Also of an attempt that has ended: it may have been paid after all, though the provider's answer never came.
    Raises NotFound, NothingToAsk, or ProviderUnavailable."""
    async with database.writing() as tx:
        payment = await tx.session.get(Payment, payment_id)
        if payment is None:
            raise NotFound(what=mark("payment"), path=["paymentId"])
        order, payment, _ = await take_attempt(tx, payment_id)
        if not _can_be_asked(provider, payment):
            raise NothingToAsk(path=["paymentId"])
        record_change(tx, order, ChangeKind.PAYMENT, by=by)
    if payment.provider_reference is not None or payment.status in OPEN:
        await _ask_and_apply(database, provider, payment, customer=order.customer_id)
        return
    charge = await provider.find_charge(str(payment.id), customer=order.customer_id, begun_at=payment.created_at)
    reached("find.answered")
    if charge is not None:
        async with database.writing() as tx:
            await apply_charge(tx, payment.id, charge)
            reached("find.recording")


def _can_be_asked(provider: PaymentProvider, payment: Payment) -> bool:
    """Of what has ended at another provider, as before this one was configured, it cannot tell."""
    elsewhere = payment.provider_reference is not None and not provider.owns(payment.provider_reference)
    return payment.kind in AT_PROVIDER and (payment.status in OPEN or not elsewhere)


async def settle_payment(database: Database, provider: PaymentProvider, payment_id: UUID) -> None:
    """Asks the provider how an open attempt stands and records it. Raises ProviderUnavailable; a later check is noted.

    An attempt that the provider never answered for is sent again under its own idempotency key: a charge that was
    made is found, one that never arrived is made now, as the customer wanted; it is never made twice."""
    async with database.reading() as session:
        payment = await session.get(Payment, payment_id)
        if payment is None or payment.status not in OPEN or payment.kind not in AT_PROVIDER:
            return
        order = await session.get_one(Order, payment.order_id)
    await _ask_and_apply(database, provider, payment, customer=order.customer_id)


async def release_attempt(database: Database, provider: PaymentProvider, payment: Payment) -> None:
    """Ends an attempt that waits for the customer; if it proves to be paid, that is recorded instead.

    Raises ProviderUnavailable where it waits on: the provider does not answer, or what it tells does not fit."""
    if payment.status is not PaymentStatus.ACTION_REQUIRED or payment.provider_reference is None:
        return
    reached("release.asking")
    try:
        charge = await _ended(provider, payment.provider_reference)
    except ProviderRefusal as refusal:
        await _note_unknown(database, payment.id)
        raise ProviderUnavailable(refusal.code) from None
    reached("release.answered")
    async with database.writing() as tx:
        left = await apply_charge(tx, payment.id, charge)
        reached("release.recording")
    reached("release.recorded")
    if left.status is PaymentStatus.ACTION_REQUIRED:
        raise ProviderUnavailable("the attempt could not be ended")


async def _ended(provider: PaymentProvider, reference: str) -> Charge:
    try:
        return await provider.cancel(reference)
    except ProviderRefusal:  # it has gone on meanwhile
        return await provider.retrieve(reference)


async def ask_provider(provider: PaymentProvider, payment: Payment, *, customer: UUID) -> Charge:
    """The charge behind an attempt: looked up where the provider has named it, else sent under the attempt's key."""
    if payment.provider_reference is not None:
        return await provider.retrieve(payment.provider_reference)
    return await provider.charge(
        idempotency_key=str(payment.id),
        kind=payment.kind,
        token=payment.provider_token or "",
        amount=Money(payment.currency, payment.amount),
        return_url=payment.return_url,
        customer=customer,
        save=payment.save_method,
        begun_at=payment.created_at,
    )


async def _ask_and_apply(database: Database, provider: PaymentProvider, payment: Payment, *, customer: UUID) -> None:
    reached("settle.asking")
    try:
        charge = await ask_provider(provider, payment, customer=customer)
    except ProviderUnavailable as failed:
        reached("settle.unanswered")
        named = isinstance(failed, UnknownAtProvider) and payment.provider_reference is not None
        if named and payment.created_at + FOUND_BY <= await database.moment():
            await _note_unknown(database, payment.id)
        else:
            await _note_later_check(database, payment.id)
        raise
    except ProviderRefusal as refusal:
        if payment.provider_reference is not None:
            await _note_unknown(database, payment.id)
            return
        reached("settle.turned_down")
        async with database.writing() as tx:
            await fail_attempt(tx, payment.id, refusal.code)
            reached("settle.failing")
        return
    reached("settle.answered")
    async with database.writing() as tx:
        await apply_charge(tx, payment.id, charge)
        reached("settle.recording")
    reached("settle.recorded")


async def _note_unknown(database: Database, payment_id: UUID) -> None:
    """It has named the charge itself: that it will not tell of it does not mean that nothing was paid."""
    log.error("the payment provider does not know its own charge", payment=str(payment_id))
    await _note_later_check(database, payment_id, Mismatch.UNKNOWN_CHARGE)


async def _note_later_check(database: Database, payment_id: UUID, mismatch: Mismatch | None = None) -> None:
    async with database.writing() as tx:
        payment = await tx.session.get_one(Payment, payment_id, with_for_update=True)
        payment.mismatch = mismatch or payment.mismatch
        schedule_check(tx, payment)
        reached("settle.postponing")
