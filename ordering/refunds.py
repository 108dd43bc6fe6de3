"""Refunds: what goes back to the customer is promised in the transaction that owes it, and then settled or not."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.payments import ProviderRefund
from models.change import ChangeKind
from models.database import Transaction
from models.ledger import EntryKind
from models.mail import MailKind
from models.money import Money
from models.order import Order
from models.payment import Mismatch, Payment, PaymentMethodKind, PaymentStatus, PrepaidAccount, Refund, RefundStatus
from ordering.actors import PAYMENT_PROVIDER, SYSTEM, Actor
from ordering.history import record_change
from ordering.invoicing import issue_credit_note
from ordering.ledger import book_refund
from ordering.mails import write_mail
from ordering.taking import left_of, take_order

log: structlog.stdlib.BoundLogger = structlog.get_logger("ordering")

#: Kinds whose money is in our own books: their refunds are settled where they are promised.
OWN_BOOKS: Final = frozenset({PaymentMethodKind.PREPAID_ACCOUNT, PaymentMethodKind.DEFERRED_PAYMENT})
#: Longer than a call to a provider takes: who promised it, and was to ask then, is gone.
ABANDONED: Final = timedelta(seconds=30)


async def refund_all(
    tx: Transaction, order: Order, payments: list[Payment], *, by: Actor, reason: str | None, at_most: int | None = None
) -> int:
    """Promises back all that is left of the payments, but not above `at_most`; returns how much, in minor units."""
    promised = 0
    for payment in payments:
        left = left_of(payment)
        amount = left if at_most is None else min(left, at_most - promised)
        if amount > 0:
            await promise_refund(tx, order, payment, amount, by=by, reason=reason)
            promised += amount
    return promised


async def promise_refund(
    tx: Transaction,
    order: Order,
    payment: Payment,
    amount: int,
    *,
    by: Actor,
    reason: str | None,
    overpaid: bool = False,
    refund_id: UUID | None = None,
    by_transfer: bool = False,
    replaces: UUID | None = None,
    asked_by_caller: bool = False,
) -> Refund:
    """From here on the customer is owed it. The provider then pays out what it holds, people what came by transfer or
    is to go `by_transfer`.

    `overpaid`: it is what was paid above the order's total. `asked_by_caller`: the provider, as soon as it is
    committed; the relay leaves it the time for that."""
    by_transfer = by_transfer or payment.kind is PaymentMethodKind.BANK_TRANSFER
    refund = Refund(
        id=refund_id or uuid7(),
        payment_id=payment.id,
        amount=amount,
        status=RefundStatus.PENDING,
        reason=reason,
        overpaid=overpaid,
        by_transfer=by_transfer,
        created_at=tx.now,
        next_try_at=None if by_transfer else tx.now + (ABANDONED if asked_by_caller else timedelta()),
        replaces=replaces,
    )
    tx.session.add(refund)
    _count(payment, amount)
    book_refund(tx, payment, refund, EntryKind.REFUND_PROMISED)
    record_change(tx, order, ChangeKind.REFUND, by=by, reason=reason)
    await tx.session.flush()
    if payment.kind in OWN_BOOKS:
        await _give_back(tx, order, payment, amount)
        await succeed_refund(tx, order, payment, refund)
    return refund


async def apply_refund(tx: Transaction, refund_id: UUID, told: ProviderRefund) -> Mismatch | None:
    """Records what the provider says of a refund, whoever learned it; how it does not fit, where staff have to look.

    Idempotent and monotone: one that is pending succeeds or fails, one that succeeded may still come back, and one
    that failed has. One that was refused here, and so has no name there, and proves to be paid out has succeeded; where
    staff had given the money otherwise meanwhile, it is recorded all the same, but has gone back twice."""
    order, payment, refund = await take_refund(tx, refund_id)
    mismatch = _mismatch_of(payment, refund, told)
    if mismatch is not None:
        log.error("a refund does not fit what was asked for", refund=str(refund.id), mismatch=mismatch)
        return mismatch
    if refund.status is RefundStatus.FAILED and refund.provider_reference is None:
        if told.status is not RefundStatus.SUCCEEDED:
            return None  # nothing went back yet; it tells again when something does
        _count_less_as_given(payment, refund)
        if refund.amount > left_of(payment):
            log.error("more went back than was paid", refund=str(refund.id))
            return Mismatch.REFUNDED_TOO_MUCH
        if refund.closed_at is not None:
            mismatch = Mismatch.REFUNDED_TOO_MUCH
        _reopen(tx, payment, refund)
    refund.provider_reference = told.reference
    if told.status is RefundStatus.SUCCEEDED and refund.status is RefundStatus.PENDING:
        await succeed_refund(tx, order, payment, refund)
        record_change(tx, order, ChangeKind.REFUND, by=PAYMENT_PROVIDER)
    elif told.status is RefundStatus.FAILED:
        fail_refund(tx, order, payment, refund, told.failure_code or "failed")
    return mismatch


async def succeed_refund(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> None:
    """The money is on its way: the customer is told, and the invoice corrected. The caller records the change."""
    refund.status, refund.settled_at, refund.next_try_at = RefundStatus.SUCCEEDED, tx.now, None
    refund.closed_at = tx.now
    book_refund(tx, payment, refund, EntryKind.REFUND_PAID)
    if payment.kind is not PaymentMethodKind.DEFERRED_PAYMENT:  # of which nothing was collected
        _write_mail(tx, order, refund)
    await issue_credit_note(tx, order, refund)


def fail_refund(tx: Transaction, order: Order, payment: Payment, refund: Refund, failure_code: str) -> None:
    """It is not paid out, or came back: it waits for staff, and does not count as refunded."""
    if refund.status is RefundStatus.FAILED:
        return
    returned = refund.status is RefundStatus.SUCCEEDED
    book_refund(tx, payment, refund, EntryKind.REFUND_RETURNED if returned else EntryKind.REFUND_FAILED)
    refund.status, refund.failure_code, refund.settled_at = RefundStatus.FAILED, failure_code, tx.now
    refund.next_try_at = refund.closed_at = None
    _count(payment, -refund.amount)
    log.error("a refund failed at the payment provider", refund=str(refund.id), code=failure_code)
    record_change(tx, order, ChangeKind.REFUND, by=PAYMENT_PROVIDER)


async def give_otherwise(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> None:
    """The customer was given what a failed refund was about in another way: it counts as gone back, though none of the
    ledger's accounts has paid it out. Less counts where some has been promised anew since, as with all of an order that
    has ended. The caller records the change."""
    given = min(refund.amount - refund.given_otherwise, left_of(payment))
    refund.given_otherwise += given
    payment.given_otherwise += given
    if given:
        await issue_credit_note(tx, order, refund)


def _count_less_as_given(payment: Payment, refund: Refund) -> None:
    """Where there is no room for both: what has been paid out is certain."""
    back = min(refund.given_otherwise, max(0, refund.amount - left_of(payment)))
    refund.given_otherwise -= back
    payment.given_otherwise -= back


def _reopen(tx: Transaction, payment: Payment, refund: Refund) -> None:
    """It is promised after all."""
    refund.status, refund.failure_code = RefundStatus.PENDING, None
    _count(payment, refund.amount)
    book_refund(tx, payment, refund, EntryKind.REFUND_REOPENED)


async def take_refund(tx: Transaction, refund_id: UUID, *, by: Actor = SYSTEM) -> tuple[Order, Payment, Refund]:
    """A refund and its payment, with their order locked before them."""
    payment_id = sa.select(col(Refund.payment_id)).where(col(Refund.id) == refund_id).scalar_subquery()
    order_id = await tx.session.execute(sa.select(col(Payment.order_id)).where(col(Payment.id) == payment_id))
    order = await take_order(tx, order_id.scalar_one(), by=by)
    refund = await tx.session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    payment = await tx.session.get_one(Payment, refund.payment_id, with_for_update=True, populate_existing=True)
    return order, payment, refund


def _mismatch_of(payment: Payment, refund: Refund, told: ProviderRefund) -> Mismatch | None:
    other_refund = refund.provider_reference not in (None, told.reference)
    if other_refund or refund.by_transfer or told.attempt not in (None, str(refund.id)):
        return Mismatch.OTHER_ATTEMPT
    if told.amount == Money(payment.currency, refund.amount):
        return None
    return Mismatch.OTHER_AMOUNT if told.amount.currency == payment.currency else Mismatch.OTHER_CURRENCY


def _write_mail(tx: Transaction, order: Order, refund: Refund) -> None:
    write_mail(
        tx,
        MailKind.REFUNDED,
        order,
        amount=refund.amount,
        reason=refund.reason,
        refund_id=str(refund.id),
        by_transfer=refund.by_transfer or None,
    )


def _count(payment: Payment, amount: int) -> None:
    payment.refunded += amount
    if payment.refunded == 0:
        payment.status = PaymentStatus.SUCCEEDED
    elif payment.refunded < payment.amount:
        payment.status = PaymentStatus.PARTIALLY_REFUNDED
    else:
        payment.status = PaymentStatus.REFUNDED


async def _give_back(tx: Transaction, order: Order, payment: Payment, amount: int) -> None:
    """Prepaid money returns to its account; of a deferred payment nothing was collected yet."""
    if payment.kind is PaymentMethodKind.PREPAID_ACCOUNT:
        await tx.session.execute(
            sa.update(PrepaidAccount)
            .filter_by(customer_id=order.customer_id, currency=payment.currency)
            .values(balance=PrepaidAccount.balance + amount)
        )
