"""Refunds: what goes back to the customer is promised in the transaction that owes it, then paid by the provider."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col
from uuid_utils.compat import uuid7

from gateways.payments import PaymentProvider, ProviderRefund, ProviderRefusal, ProviderUnavailable
from models.change import ChangeKind
from models.database import Database, Transaction
from models.mail import MailKind
from models.money import Money
from models.order import Order
from models.payment import Payment, PaymentMethodKind, PaymentStatus, PrepaidAccount, Refund, RefundStatus
from ordering.actors import SYSTEM, Actor
from ordering.history import record_change
from ordering.invoicing import issue_credit_note
from ordering.mails import write_mail
from ordering.taking import SETTLED, take_order

log: structlog.stdlib.BoundLogger = structlog.get_logger("ordering")

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=2), timedelta(hours=1)

#: Kinds that no provider holds the money of: their refunds are settled where they are promised.
OWN_BOOKS: Final = frozenset(
    {PaymentMethodKind.PREPAID_ACCOUNT, PaymentMethodKind.DEFERRED_PAYMENT, PaymentMethodKind.BANK_TRANSFER}
)


async def refund_all(
    tx: Transaction, order: Order, payments: list[Payment], *, by: Actor, reason: str | None, at_most: int | None = None
) -> int:
    """Promises back all that is left of the payments, but not above `at_most`; returns how much, in minor units."""
    promised = 0
    for payment in payments:
        left = payment.amount - payment.refunded if payment.status in SETTLED else 0
        amount = left if at_most is None else min(left, at_most - promised)
        if amount > 0:
            await promise_refund(tx, order, payment, amount, by=by, reason=reason)
            promised += amount
    return promised


async def promise_refund(
    tx: Transaction, order: Order, payment: Payment, amount: int, *, by: Actor, reason: str | None
) -> Refund:
    """From here on the customer is owed it. What the provider holds is then paid out by `settle_refund`."""
    refund = Refund(
        id=uuid7(),
        payment_id=payment.id,
        amount=amount,
        status=RefundStatus.PENDING,
        reason=reason,
        created_at=tx.now,
        next_try_at=tx.now,
    )
    tx.session.add(refund)
    _count(payment, amount)
    record_change(tx, order, ChangeKind.REFUND, by=by)
    await tx.session.flush()
    if payment.kind in OWN_BOOKS:
        await _pay_from_own_books(tx, order, payment, amount)
        await _succeed(tx, order, payment, refund)
    return refund


async def settle_refund(database: Database, provider: PaymentProvider, refund_id: UUID) -> None:
    """Has the provider pay out a promised refund; asked again under the same key until the outcome is certain.

    Raises ProviderUnavailable, with a later try noted."""
    async with database.reading() as session:
        refund = await session.get_one(Refund, refund_id)
        payment = await session.get_one(Payment, refund.payment_id)
    if refund.status is not RefundStatus.PENDING:
        return
    try:
        answer = await _ask_provider(provider, payment, refund)
    except ProviderUnavailable:
        await _record(database, refund_id, None)
        raise
    except ProviderRefusal as refusal:
        await _record(database, refund_id, refusal.code)
    else:
        await _record(database, refund_id, answer)


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


async def _record(database: Database, refund_id: UUID, answer: ProviderRefund | str | None) -> None:
    """`answer`: how it stands, or why it is refused; None where nothing is known yet."""
    async with database.writing() as tx:
        payment_id = sa.select(col(Refund.payment_id)).where(col(Refund.id) == refund_id).scalar_subquery()
        order_id = await tx.session.execute(sa.select(col(Payment.order_id)).where(col(Payment.id) == payment_id))
        order = await take_order(tx, order_id.scalar_one(), by=SYSTEM)
        refund = await tx.session.get_one(Refund, refund_id, with_for_update=True)
        payment = await tx.session.get_one(Payment, refund.payment_id, with_for_update=True)
        if refund.status is not RefundStatus.PENDING:
            return
        failure_code = answer if isinstance(answer, str) else None
        if isinstance(answer, ProviderRefund):
            refund.provider_reference, failure_code = answer.reference, answer.failure_code
        if isinstance(answer, ProviderRefund) and answer.status is RefundStatus.SUCCEEDED:
            await _succeed(tx, order, payment, refund)
        elif failure_code is not None:
            refund.status, refund.failure_code, refund.settled_at = RefundStatus.FAILED, failure_code, tx.now
            _count(payment, -refund.amount)
            log.error("the payment provider refuses a refund", refund=str(refund.id), code=failure_code)
            record_change(tx, order, ChangeKind.REFUND, by=SYSTEM)
        else:
            refund.next_try_at = tx.now + min(FIRST_RETRY * 2 ** min(refund.tries, 12), LONGEST_RETRY)
            refund.tries += 1


async def _succeed(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> None:
    refund.status, refund.settled_at, refund.next_try_at = RefundStatus.SUCCEEDED, tx.now, None
    if payment.kind is not PaymentMethodKind.DEFERRED_PAYMENT:  # of which nothing was collected
        await _write_mail(tx, order, payment, refund)
    await issue_credit_note(tx, order, refund)


async def _write_mail(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> None:
    await write_mail(
        tx,
        MailKind.REFUNDED,
        order,
        amount=refund.amount,
        reason=refund.reason,
        refund_id=str(refund.id),
        # People send it: it is owed and booked, but not on its way yet.
        by_transfer=payment.kind is PaymentMethodKind.BANK_TRANSFER or None,
    )


def _count(payment: Payment, amount: int) -> None:
    payment.refunded += amount
    if payment.refunded == 0:
        payment.status = PaymentStatus.SUCCEEDED
    elif payment.refunded < payment.amount:
        payment.status = PaymentStatus.PARTIALLY_REFUNDED
    else:
        payment.status = PaymentStatus.REFUNDED


async def _pay_from_own_books(tx: Transaction, order: Order, payment: Payment, amount: int) -> None:
    """Prepaid money returns to its account. Of a deferred payment nothing was collected yet; a bank transfer is sent
    back by hand, from the list of refunds."""
    if payment.kind is PaymentMethodKind.PREPAID_ACCOUNT:
        await tx.session.execute(
            sa.update(PrepaidAccount)
            .filter_by(customer_id=order.customer_id, currency=payment.currency)
            .values(balance=PrepaidAccount.balance + amount)
        )
