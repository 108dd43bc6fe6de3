"""Paying an order: record the attempt, commit, call the provider, record the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.failpoints import reached
from gateways.payments import PaymentProvider, ProviderRefusal, ProviderUnavailable
from models.change import ChangeKind
from models.database import Database, Transaction
from models.idempotency import IdempotencyRecord
from models.order import Order
from models.payment import Payment, PaymentMethodKind, PaymentStatus, PrepaidAccount
from ordering.actions import OrderAction, PaymentInProgress
from ordering.actors import PAYMENT_PROVIDER, Actor
from ordering.declines import RETRYABLE
from ordering.eligibility import REASONS, NotUsable
from ordering.history import move_expected, record_change
from ordering.idempotency import (
    IdempotencyInProgress,
    Key,
    Outcome,
    claim,
    claim_expected,
    finish,
    finish_refused,
    replay,
)
from ordering.reconciling import ask_provider, release_attempt
from ordering.refusals import Refusal
from ordering.settling import apply_charge, end_attempt, fail_attempt, receive
from ordering.sources import MethodNotUsable, PaymentSource, ResolvedSource, payer_expected, resolve_source
from ordering.taking import attempt_expected, order_expected, take_order_for
from ordering.terms import Terms
from ordering.transfers import announce_transfer, announced_transfer
from texts import mark

#: An attempt that nobody has finished recording after this long is taken up again.
ABANDONED: Final = timedelta(seconds=30)


class PaymentDeclined(Refusal):
    """`decline_code` is the provider's word; `retryable`: whether the same method may succeed later."""

    code = "PAYMENT_DECLINED"
    message = mark("The payment was declined. Use another payment method, or ask your bank.")


@dataclass(frozen=True, slots=True)
class PayRequest:
    """`return_url`: where the customer comes back to after strong authentication; already checked by the caller."""

    order_id: UUID
    source: PaymentSource
    return_url: str | None = None
    expected_version: int | None = None

    def as_dict(self) -> Mapping[str, Any]:
        """What an idempotency key stands for."""
        return {
            "order": str(self.order_id),
            "source": self.source.as_dict(),
            "return_url": self.return_url,
            "expected_version": self.expected_version,
        }


@dataclass(frozen=True, slots=True)
class _Begun:
    """An attempt that is to be sent to the provider, and whose money it is to take."""

    payment: Payment
    customer_id: UUID


class _Waiting(Exception):
    """An attempt that waits for the customer stands in the way; nothing has been done yet."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment


async def pay_order(
    database: Database, provider: PaymentProvider, request: PayRequest, *, by: Actor, key: Key, terms: Terms
) -> Outcome:
    """Starts one attempt to pay an order; the outcome's subject is the payment, its refusal what went wrong.

    The same key comes to the same payment and refusal. An attempt that waits for the customer is replaced, once it is
    ended at the provider, and so is a transfer that has not arrived; one that only the provider can end is left alone
    (PAYMENT_IN_PROGRESS). Where the provider does not answer, the attempt stays PENDING until it does."""
    reached("pay.asked")
    try:
        begun = await _begin_in_the_place_of_waiting(database, provider, request, by=by, key=key, terms=terms)
    except Refusal as refusal:
        reached("pay.refused")
        async with database.writing() as tx:
            kept = await finish_refused(tx, key, refusal)
            reached("pay.keeping_refusal")
        return kept
    return begun if isinstance(begun, Outcome) else await _charge(database, provider, begun, key)


async def _begin_in_the_place_of_waiting(
    database: Database, provider: PaymentProvider, request: PayRequest, *, by: Actor, key: Key, terms: Terms
) -> _Begun | Outcome:
    payment_id = uuid7()
    expected = (
        claim_expected(key, subject_id=payment_id),
        *order_expected(request.order_id, by=by),
        payer_expected(request.order_id),
    )
    try:
        async with database.writing(*expected) as tx:
            begun = await _begin(tx, provider, payment_id, request, by=by, key=key, terms=terms)
            reached("pay.beginning")
            return begun
    except _Waiting as waiting:
        try:
            await release_attempt(database, provider, waiting.payment)
        except ProviderUnavailable:
            raise PaymentInProgress from None
    try:
        async with database.writing() as tx:
            # Its version has moved by our own doing since it was compared.
            begun = await _begin(
                tx, provider, payment_id, replace(request, expected_version=None), by=by, key=key, terms=terms
            )
            reached("pay.replacing")
            return begun
    except _Waiting:  # another attempt was begun meanwhile
        raise PaymentInProgress from None


async def _begin(
    tx: Transaction,
    provider: PaymentProvider,
    payment_id: UUID,
    request: PayRequest,
    *,
    by: Actor,
    key: Key,
    terms: Terms,
) -> _Begun | Outcome:
    earlier = await claim(tx, key, subject_id=payment_id)
    if earlier is not None:
        return await _resume(tx, earlier, key)
    order, payments = await take_order_for(
        tx, OrderAction.PAY, request.order_id, by=by, expected_version=request.expected_version
    )
    source = await resolve_source(tx, provider, order, request.source)
    if waiting := next((each for each in payments if each.status is PaymentStatus.ACTION_REQUIRED), None):
        raise _Waiting(waiting)
    if announced := announced_transfer(payments):
        await _give_way(tx, announced, source)
    payment = _attempt(tx, payment_id, order, source, request, terms)
    tx.session.add(payment)
    if payment.kind is PaymentMethodKind.BANK_TRANSFER:
        await announce_transfer(tx, order, terms)
    if payment.kind in (PaymentMethodKind.PREPAID_ACCOUNT, PaymentMethodKind.DEFERRED_PAYMENT):
        await _pay_from_own_books(tx, order, payment)
    record_change(tx, order, ChangeKind.PAYMENT, by=by)
    if source.provider_token is not None:
        return _Begun(payment, order.customer_id)
    finish(tx, key, Outcome(payment.id))
    return Outcome(payment.id)


async def _give_way(tx: Transaction, transfer: Payment, source: ResolvedSource) -> None:
    """The customer pays otherwise: should the transfer arrive all the same, staff see to it. Raises PaymentInProgress
    where it is the same once more."""
    if source.kind is PaymentMethodKind.BANK_TRANSFER:
        raise PaymentInProgress
    end_attempt(tx, transfer, PaymentStatus.CANCELLED)
    await tx.session.flush()  # before the new one: an order has one that is open


def _attempt(
    tx: Transaction, payment_id: UUID, order: Order, source: ResolvedSource, request: PayRequest, terms: Terms
) -> Payment:
    transfer = source.kind is PaymentMethodKind.BANK_TRANSFER
    return Payment(
        id=payment_id,
        order_id=order.id,
        kind=source.kind,
        method_id=source.method_id,
        amount=order.total,
        currency=order.currency,
        status=PaymentStatus.PENDING,
        provider_token=source.provider_token,
        save_method=source.save,
        return_url=request.return_url,
        created_at=tx.now,
        # Not before the call below has had its time; a transfer has until its deadline to arrive.
        next_check_at=tx.now + (terms.transfer_deadline if transfer else ABANDONED),
    )


async def _pay_from_own_books(tx: Transaction, order: Order, payment: Payment) -> None:
    """Prepaid money is taken here and now; a deferred payment is as good as money."""
    if payment.kind is PaymentMethodKind.PREPAID_ACCOUNT:
        taken = await tx.session.execute(
            sa.update(PrepaidAccount)
            .filter_by(customer_id=order.customer_id, currency=order.currency)
            .where(col(PrepaidAccount.balance) >= order.total)
            .values(balance=PrepaidAccount.balance - order.total)
            .returning(col(PrepaidAccount.balance))
        )
        if taken.scalar_one_or_none() is None:
            raise MethodNotUsable(reason=REASONS[NotUsable.INSUFFICIENT_BALANCE], path=["source"])
    await receive(tx, order, payment, by=PAYMENT_PROVIDER)


async def _charge(database: Database, provider: PaymentProvider, begun: _Begun, key: Key) -> Outcome:
    """No transaction is open while the provider is asked."""
    payment = begun.payment
    reached("pay.begun")
    try:
        charge = await ask_provider(provider, payment, customer=begun.customer_id)
    except ProviderUnavailable:
        outcome = Outcome(payment.id)  # still PENDING; it is asked again until it is certain
        reached("pay.unanswered")
        async with database.writing() as tx:
            finish(tx, key, outcome)
            reached("pay.leaving_open")
        reached("pay.left_open")
        return outcome
    except ProviderRefusal as refused:
        reached("pay.turned_down")
        async with database.writing() as tx:
            await fail_attempt(tx, payment.id, refused.code)
            outcome = await _finish(tx, key, payment.id)
            reached("pay.failing")
        return outcome
    reached("pay.answered")
    async with database.writing(*attempt_expected(payment), move_expected(payment.order_id)) as tx:
        await apply_charge(tx, payment.id, charge)
        outcome = await _finish(tx, key, payment.id)
        reached("pay.recording")
    reached("pay.recorded")
    return outcome


async def _resume(tx: Transaction, earlier: IdempotencyRecord, key: Key) -> _Begun | Outcome:
    """The same request again: its outcome, or the attempt itself where a crash left it without one."""
    if earlier.outcome is not None or earlier.subject_id is None:
        return replay(earlier)
    payment = await tx.session.get_one(Payment, earlier.subject_id)
    unheard = payment.status is PaymentStatus.PENDING and payment.provider_reference is None
    if not unheard:
        return await _finish(tx, key, payment.id)
    if payment.created_at + ABANDONED > tx.now:
        raise IdempotencyInProgress(path=["idempotencyKey"])
    order = await tx.session.get_one(Order, payment.order_id)
    return _Begun(payment, order.customer_id)


async def _finish(tx: Transaction, key: Key, payment_id: UUID) -> Outcome:
    payment = await tx.session.get_one(Payment, payment_id)
    declined = None
    if payment.status is PaymentStatus.FAILED:
        code = payment.failure_code
        declined = PaymentDeclined(decline_code=code, retryable=code in RETRYABLE, path=["source"])
    outcome = Outcome(payment.id, declined)
    finish(tx, key, outcome)
    return outcome
