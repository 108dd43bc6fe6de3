"""Settling an attempt to pay: what the provider knows of it becomes what we know, whoever learned it first."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.payments import Charge, ChargeStatus, PaymentProvider, ProviderRefusal, ProviderUnavailable
from models.change import ChangeKind
from models.database import Database, Transaction
from models.mail import MailKind
from models.money import Money
from models.order import Order
from models.payment import Payment, PaymentStatus
from ordering.actors import PAYMENT_PROVIDER, SYSTEM, Actor
from ordering.history import advance, record_change
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.refunds import refund_all
from ordering.saving import save_method
from ordering.taking import OPEN, payments_of, take_order

#: How long to wait before asking the provider again: doubled each time up to the longest.
FIRST_CHECK, LONGEST_CHECK = timedelta(seconds=2), timedelta(minutes=15)


async def settle_payment(database: Database, provider: PaymentProvider, payment_id: UUID) -> None:
    """Asks the provider how an open attempt stands and records it. Raises ProviderUnavailable; a later check is noted.

    An attempt that the provider never answered for is sent again under its own idempotency key: a charge that was
    made is found, one that never arrived is made now, as the customer wanted; it is never made twice."""
    async with database.reading() as session:
        payment = await session.get(Payment, payment_id)
        if payment is None or payment.status not in OPEN or payment.provider_token is None:
            return
        order = await session.get_one(Order, payment.order_id)
    try:
        charge = await ask_provider(provider, payment, customer=order.customer_id)
    except ProviderUnavailable:
        async with database.writing() as tx:
            await _note_later_check(tx, payment_id)
        raise
    except ProviderRefusal as refusal:
        async with database.writing() as tx:
            await fail_attempt(tx, payment_id, refusal.code)
        return
    async with database.writing() as tx:
        await apply_charge(tx, payment_id, charge)


def open_attempt(payments: list[Payment]) -> Payment | None:
    """The one attempt whose outcome is not known yet, if there is one."""
    return next((payment for payment in payments if payment.status in OPEN), None)


async def release_attempt(database: Database, provider: PaymentProvider, payment: Payment) -> None:
    """Ends an attempt that waits for the customer; if it proves to be paid, that is recorded instead.

    Raises ProviderUnavailable: nothing is known then, and nothing has changed here."""
    if payment.status is PaymentStatus.ACTION_REQUIRED and payment.provider_reference is not None:
        charge = await provider.cancel(payment.provider_reference)
        async with database.writing() as tx:
            await apply_charge(tx, payment.id, charge)


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


async def apply_charge(tx: Transaction, payment_id: UUID, charge: Charge) -> Payment:
    """Records what the provider says of an attempt. Idempotent, and never takes back an outcome."""
    order, payment = await _take_attempt(tx, payment_id)
    if payment.status not in OPEN:
        return payment
    payment.provider_reference = charge.reference
    match charge.status:
        case ChargeStatus.SUCCEEDED:
            await _succeed(tx, order, payment, charge)
        case ChargeStatus.FAILED | ChargeStatus.CANCELLED:
            end_attempt(tx, payment, PaymentStatus(charge.status.value), failure_code=charge.failure_code)
            record_change(tx, order, ChangeKind.PAYMENT, by=PAYMENT_PROVIDER)
        case ChargeStatus.ACTION_REQUIRED | ChargeStatus.PENDING:
            _wait(tx, order, payment, charge)
    return payment


async def fail_attempt(tx: Transaction, payment_id: UUID, failure_code: str) -> Payment:
    """The provider will not even try."""
    order, payment = await _take_attempt(tx, payment_id)
    if payment.status in OPEN:
        end_attempt(tx, payment, PaymentStatus.FAILED, failure_code=failure_code)
        record_change(tx, order, ChangeKind.PAYMENT, by=PAYMENT_PROVIDER)
    return payment


def end_attempt(tx: Transaction, payment: Payment, status: PaymentStatus, *, failure_code: str | None = None) -> None:
    """The attempt is over; what it was to charge is forgotten with it."""
    payment.status, payment.failure_code, payment.settled_at = status, failure_code, tx.now
    payment.next_action_url = payment.provider_token = payment.next_check_at = None


async def receive(tx: Transaction, order: Order, payment: Payment, *, by: Actor, wanted: bool = True) -> None:
    """The money of an attempt is there. It goes back where it came too late: for an order that has ended meanwhile,
    or is about to be paid otherwise and so has not `wanted` it any more."""
    end_attempt(tx, payment, PaymentStatus.SUCCEEDED)
    if not (wanted and await settle_order(tx, order, by=by)):
        record_change(tx, order, ChangeKind.PAYMENT, by=by)
        await refund_all(tx, order, [payment], by=SYSTEM, reason=None)


async def settle_order(tx: Transaction, order: Order, *, by: Actor) -> bool:
    """What follows from the money being there. False where the order no longer waits for it."""
    if await advance(tx, order, Trigger.PAY, by=by) is None:
        return False
    await write_mail(tx, MailKind.PAYMENT_RECEIVED, order)
    return True


async def _succeed(tx: Transaction, order: Order, payment: Payment, charge: Charge) -> None:
    method = charge.method
    if payment.save_method and method is not None and method.token is not None:
        payment.method_id = await save_method(
            tx,
            customer_id=order.customer_id,
            kind=payment.kind,
            provider_token=method.token,
            label=method.label,
            expires_on=method.expires_on,
        )
    await receive(tx, order, payment, by=PAYMENT_PROVIDER)


def _wait(tx: Transaction, order: Order, payment: Payment, charge: Charge) -> None:
    status = PaymentStatus(charge.status.value)
    if (payment.status, payment.next_action_url) != (status, charge.next_action_url):
        payment.status, payment.next_action_url = status, charge.next_action_url
        record_change(tx, order, ChangeKind.PAYMENT, by=PAYMENT_PROVIDER)
    _schedule_check(tx, payment)


async def _take_attempt(tx: Transaction, payment_id: UUID) -> tuple[Order, Payment]:
    """An attempt, with its order locked before it."""
    order_id = await tx.session.execute(sa.select(col(Payment.order_id)).where(col(Payment.id) == payment_id))
    order = await take_order(tx, order_id.scalar_one(), by=PAYMENT_PROVIDER)
    return order, next(each for each in await payments_of(tx, order) if each.id == payment_id)


async def _note_later_check(tx: Transaction, payment_id: UUID) -> None:
    payment = await tx.session.get_one(Payment, payment_id, with_for_update=True)
    if payment.status in OPEN:
        _schedule_check(tx, payment)


def _schedule_check(tx: Transaction, payment: Payment) -> None:
    wait = FIRST_CHECK * 2 ** min(payment.checks, 12)
    payment.next_check_at = tx.now + min(wait, LONGEST_CHECK)
    payment.checks += 1
