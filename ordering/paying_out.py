"""Paying out refunds: by the provider, asked until the outcome is certain; by people, where it was a transfer."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.failpoints import reached
from gateways.payments import PaymentProvider, ProviderRefund, ProviderRefusal, ProviderUnavailable
from models.change import Change, ChangeKind
from models.database import Database, Transaction
from models.money import Money
from models.order import Order
from models.payment import Payment, Refund, RefundStatus
from ordering.actions import RefundNotPossible
from ordering.actors import Actor
from ordering.history import record_change
from ordering.invoicing import has_credit_note
from ordering.lifecycle import PAID
from ordering.refunds import (
    apply_refund,
    fail_refund,
    give_otherwise,
    promise_refund,
    succeed_refund,
    take_refund,
)
from ordering.refusals import NotFound, Refusal
from ordering.retrying import Backoff
from ordering.taking import left_of, payments_of
from texts import mark

TRIES: Final = Backoff(first=timedelta(seconds=2), longest=timedelta(hours=1))


class RefundNotOutstanding(Refusal):
    """It is not one that waits for this."""

    code = "REFUND_NOT_OUTSTANDING"
    message = mark("This refund does not wait for that.")


class RefundOwed(Refusal):
    code = "REFUND_OWED"
    message = mark("This refund is owed: it is no mistake.")


async def settle_refund(database: Database, provider: PaymentProvider, refund_id: UUID) -> None:
    """Has the provider pay out a promised refund; asked again under the same key until the outcome is certain.

    Raises ProviderUnavailable, with a later try noted."""
    async with database.reading() as session:
        refund = await session.get_one(Refund, refund_id)
        payment = await session.get_one(Payment, refund.payment_id)
    if refund.status is not RefundStatus.PENDING or refund.next_try_at is None:
        return
    reached("pay_out.asking")
    try:
        told = await _ask_provider(provider, payment, refund)
    except ProviderUnavailable:
        reached("pay_out.unanswered")
        async with database.writing() as tx:
            await _note_later_try(tx, refund_id)
            reached("pay_out.postponing")
        raise
    except ProviderRefusal as refusal:
        reached("pay_out.turned_down")
        await _record_refusal(database, refund_id, refusal.code)
        return
    reached("pay_out.answered")
    async with database.writing() as tx:
        await apply_refund(tx, refund_id, told)
        await _note_later_try(tx, refund_id)
        reached("pay_out.recording")
    reached("pay_out.recorded")


async def mark_refund_sent(tx: Transaction, *, refund_id: UUID, by: Actor) -> None:
    """Staff have sent the money by bank transfer. Raises NotFound or RefundNotOutstanding."""
    order, payment, refund = await _take(tx, refund_id, by)
    if refund.status is not RefundStatus.PENDING or not refund.by_transfer:
        raise RefundNotOutstanding(path=["refundId"])
    await succeed_refund(tx, order, payment, refund)
    record_change(tx, order, ChangeKind.REFUND, by=by)
    reached("refund_sent.recording")


async def retry_refund(
    database: Database, provider: PaymentProvider, *, refund_id: UUID, by_transfer: bool, by: Actor
) -> UUID:
    """Promises anew what failed, and has it paid out, or leaves it to staff to send `by_transfer`: the new refund's id;
    the failed one stays as it was.

    Raises NotFound, RefundNotOutstanding, or RefundNotPossible where so much is not left any more."""

    async def again(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> UUID:
        if (await tx.session.execute(sa.select(sa.exists().where(col(Refund.replaces) == refund.id)))).scalar_one():
            raise RefundNotOutstanding(path=["refundId"])  # it was, once, and has come back since
        if refund.amount > left_of(payment):
            raise RefundNotPossible(path=["refundId"])
        promised = await promise_refund(
            tx,
            order,
            payment,
            refund.amount,
            by=by,
            reason=refund.reason,
            overpaid=refund.overpaid,
            by_transfer=by_transfer,
            replaces=refund.id,
            asked_by_caller=True,
        )
        reached("refund_again.promising")
        return promised.id

    reached("refund_again.asked")
    async with database.writing() as tx:
        new_id = await _close(tx, refund_id, by, again)
    reached("refund_again.promised")
    with suppress(ProviderUnavailable):  # noted: it will be tried again
        await settle_refund(database, provider, new_id)
    return new_id


async def dismiss_refund(tx: Transaction, *, refund_id: UUID, given_otherwise: bool, reason: str, by: Actor) -> None:
    """Staff let a failed refund be. Where the customer was `given_otherwise` what it was about, that is not left to be
    refunded any more, and the invoice is corrected; else it was a mistake, and all is as before it.

    Raises NotFound, RefundNotOutstanding, or RefundOwed for what is no mistake."""

    async def note(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> UUID:
        if given_otherwise:
            await give_otherwise(tx, order, payment, refund)
        elif await _is_owed(tx, order, refund):
            raise RefundOwed(path=["givenOtherwise"])
        record_change(tx, order, ChangeKind.REFUND, by=by, reason=reason)
        reached("refund_dismissed.recording")
        return refund.id

    await _close(tx, refund_id, by, note)


async def _is_owed(tx: Transaction, order: Order, refund: Refund) -> bool:
    """By a credit note; by the order's end, which promises all that it does not keep; or since without it the order
    keeps more than its total. What was promised before the end, the end has promised anew."""
    if await has_credit_note(tx, refund.id):
        return True
    if order.status in PAID:
        return sum(map(left_of, await payments_of(tx, order))) > order.total
    ended = sa.exists().where(
        col(Change.order_id) == order.id, col(Change.to_status) == order.status, col(Change.at) <= refund.created_at
    )
    return bool((await tx.session.execute(sa.select(ended))).scalar_one())


async def _close(
    tx: Transaction,
    refund_id: UUID,
    by: Actor,
    then: Callable[[Transaction, Order, Payment, Refund], Awaitable[UUID]],
) -> UUID:
    order, payment, refund = await _take(tx, refund_id, by)
    if refund.status is not RefundStatus.FAILED or refund.closed_at is not None:
        raise RefundNotOutstanding(path=["refundId"])
    refund.closed_at = tx.now
    return await then(tx, order, payment, refund)


async def _take(tx: Transaction, refund_id: UUID, by: Actor) -> tuple[Order, Payment, Refund]:
    known = sa.select(sa.exists().where(col(Refund.id) == refund_id))
    if not (await tx.session.execute(known)).scalar_one():
        raise NotFound(what=mark("refund"), path=["refundId"])
    return await take_refund(tx, refund_id, by=by)


async def _ask_provider(provider: PaymentProvider, payment: Payment, refund: Refund) -> ProviderRefund:
    """Looked up where the provider has named it, else sent under the refund's key."""
    if refund.provider_reference is not None:
        return await provider.retrieve_refund(refund.provider_reference)
    return await provider.refund(
        idempotency_key=str(refund.id),
        reference=payment.provider_reference or "",
        amount=Money(payment.currency, refund.amount),
        begun_at=refund.created_at,
    )


async def _record_refusal(database: Database, refund_id: UUID, code: str) -> None:
    """One that the provider has named is not undone by its no longer telling of it."""
    async with database.writing() as tx:
        order, payment, refund = await take_refund(tx, refund_id)
        if refund.status is RefundStatus.PENDING and refund.provider_reference is None:
            fail_refund(tx, order, payment, refund, code)
        else:
            await _note_later_try(tx, refund_id)
        reached("pay_out.failing")


async def _note_later_try(tx: Transaction, refund_id: UUID) -> None:
    refund = await tx.session.get_one(Refund, refund_id, with_for_update=True)
    if refund.status is RefundStatus.PENDING:
        refund.next_try_at = tx.now + TRIES.after(refund.tries)
        refund.tries += 1
