"""Refunding a payment, in whole or in part, as staff decide."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from gateways.payments import PaymentProvider, ProviderUnavailable
from models.database import Database, Transaction
from models.money import InvalidAmount, Money
from models.payment import Payment, Refund, RefundStatus
from ordering.actions import OrderAction, RefundNotPossible
from ordering.actors import Actor
from ordering.idempotency import Key, Outcome, claim, find, finish, finish_refused, replay
from ordering.paying_out import settle_refund
from ordering.refunds import promise_refund
from ordering.refusals import InvalidInput, NotFound, Refusal
from ordering.sources import AT_PROVIDER
from ordering.taking import left_of, take_order_for
from texts import mark


class RefundAmountNotPossible(Refusal):
    """The provider counts in coarser units than the currency."""

    code = "REFUND_NOT_POSSIBLE"
    message = mark("The payment provider cannot pay back exactly this amount. Choose another.")


class RefundRefused(Refusal):
    """By the provider, who holds the money."""

    code = "REFUND_NOT_POSSIBLE"
    message = mark("The payment provider refuses this refund.")


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """`amount`: a plain decimal in the payment's currency; None for all that is left."""

    payment_id: UUID
    amount: str | None = None
    reason: str | None = None

    def as_dict(self) -> Mapping[str, Any]:
        """What an idempotency key stands for."""
        return {"payment": str(self.payment_id), "amount": self.amount, "reason": self.reason}


async def refund_payment(
    database: Database, provider: PaymentProvider, request: RefundRequest, *, by: Actor, key: Key
) -> Outcome:
    """Promises the money back and has the provider pay it out; the outcome's subject is the refund.

    Where the provider does not answer, it is asked again later under the same key: what is promised is paid once. What
    becomes of it after the first answer does not change that answer.
    Refusals: NotFound, InvalidInput, RefundNotPossible, RefundAmountNotPossible, RefundRefused,
    IdempotencyMismatch."""

    reached("refund.asked")
    refund_id = uuid7()
    try:
        async with database.writing() as tx:
            earlier = await claim(tx, key, subject_id=refund_id)
            if earlier is not None and earlier.outcome is not None:
                return replay(earlier)
            if earlier is None:
                await _promise(tx, provider, refund_id, request, by=by)
            else:  # nobody has been answered yet
                refund_id = earlier.subject_id or refund_id
            reached("refund.promising")
    except Refusal as refusal:
        async with database.writing() as tx:
            kept = await finish_refused(tx, key, refusal)
            reached("refund.keeping_refusal")
        return kept
    reached("refund.promised")
    with suppress(ProviderUnavailable):  # noted: it will be tried again
        await settle_refund(database, provider, refund_id)
    reached("refund.paid_out")
    return await _finish(database, key, refund_id)


async def _finish(database: Database, key: Key, refund_id: UUID) -> Outcome:
    """Whoever of those who asked for it comes first decides for all of them what is answered."""
    async with database.writing() as tx:
        record = await find(tx, key)
        if record.outcome is not None:
            return replay(record)
        refund = await tx.session.get_one(Refund, refund_id)
        refused = RefundRefused(path=["paymentId"]) if refund.status is RefundStatus.FAILED else None
        outcome = Outcome(refund_id, refused)
        finish(tx, key, outcome)
        reached("refund.finishing")
    return outcome


async def _promise(
    tx: Transaction, provider: PaymentProvider, refund_id: UUID, request: RefundRequest, *, by: Actor
) -> None:
    found = await tx.session.execute(sa.select(col(Payment.order_id)).where(col(Payment.id) == request.payment_id))
    order_id = found.scalar_one_or_none()
    if order_id is None:
        raise NotFound(what=mark("payment"), path=["paymentId"])
    order, payments = await take_order_for(tx, OrderAction.REFUND, order_id, by=by)
    payment = next(each for each in payments if each.id == request.payment_id)
    left = left_of(payment)
    amount = left if request.amount is None else _minor(request.amount, payment.currency)
    if not 0 < amount <= left:
        raise RefundNotPossible(path=["amount"])
    if payment.kind in AT_PROVIDER and not provider.can_move(Money(payment.currency, amount)):
        raise RefundAmountNotPossible(path=["amount"])
    await promise_refund(
        tx, order, payment, amount, refund_id=refund_id, by=by, reason=request.reason, asked_by_caller=True
    )


def _minor(text: str, currency: str) -> int:
    try:
        amount = Money.parse(text, currency).minor
    except InvalidAmount:
        amount = 0
    if amount <= 0:
        raise InvalidInput(why=mark("This is no amount of the payment's currency."), path=["amount"])
    return amount
