"""Settling an attempt to pay: what the provider knows of it becomes what we know, whoever learned it first."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from gateways.payments import Charge, ChargeStatus
from models.change import ChangeKind
from models.database import Transaction
from models.mail import MailKind
from models.money import Money
from models.order import Order
from models.payment import Mismatch, Payment, PaymentStatus
from ordering.actors import PAYMENT_PROVIDER, SYSTEM, Actor
from ordering.history import advance, record_change
from ordering.ledger import book_payment
from ordering.lifecycle import Trigger
from ordering.mails import write_mail
from ordering.refunds import refund_all
from ordering.retrying import Backoff
from ordering.saving import save_method
from ordering.taking import OPEN, SETTLED, take_attempt
from texts import mark

CHECKS: Final = Backoff(first=timedelta(seconds=2), longest=timedelta(minutes=15))

#: What a provider has just named it may not find everywhere yet; what is older, it disowns.
FOUND_BY: Final = timedelta(minutes=10)

_LATE: Final = mark("The payment arrived when the order no longer waited for it.")

log: structlog.stdlib.BoundLogger = structlog.get_logger("ordering")


async def apply_charge(tx: Transaction, payment_id: UUID, charge: Charge) -> Payment:
    """Records what the provider says of an attempt: the one way in, for the customer's call, for events and for the
    reconciler alike.

    Idempotent and monotone: an open attempt waits for the customer and then for the provider, it may end, an ended one
    may still prove to be paid, and what is paid stays so. What does not fit changes nothing but its `mismatch`."""
    order, payment, payments = await take_attempt(tx, payment_id)
    payment.mismatch = mismatch_of(payment, charge)
    if payment.mismatch is not None:
        log.error("a charge does not fit its attempt", payment=str(payment.id), mismatch=payment.mismatch)
        schedule_check(tx, payment)
        return payment
    known, payment.provider_reference = payment.provider_reference, charge.reference
    match charge.status:
        case ChargeStatus.SUCCEEDED if payment.status not in SETTLED:
            await _succeed(tx, order, payment, payments, charge)
        case ChargeStatus.FAILED | ChargeStatus.CANCELLED if payment.status in OPEN:
            end_attempt(tx, payment, PaymentStatus(charge.status.value), failure_code=charge.failure_code)
            record_change(tx, order, ChangeKind.PAYMENT, by=PAYMENT_PROVIDER)
        case ChargeStatus.ACTION_REQUIRED if payment.status is PaymentStatus.PENDING and known is not None:
            schedule_check(tx, payment)  # an older answer that comes late: the customer has acted since
        case ChargeStatus.ACTION_REQUIRED | ChargeStatus.PENDING if payment.status in OPEN:
            _wait(tx, order, payment, charge)
    return payment


def mismatch_of(payment: Payment, charge: Charge) -> Mismatch | None:
    """How a charge is not the one that the attempt asked for; None where it is."""
    other_charge = payment.provider_reference not in (None, charge.reference)
    if other_charge or charge.attempt not in (None, str(payment.id)):
        return Mismatch.OTHER_ATTEMPT
    if charge.amount == Money(payment.currency, payment.amount):
        return None
    return Mismatch.OTHER_AMOUNT if charge.amount.currency == payment.currency else Mismatch.OTHER_CURRENCY


async def fail_attempt(tx: Transaction, payment_id: UUID, failure_code: str) -> Payment:
    """The provider will not even try. What it has named meanwhile, it has tried."""
    order, payment, _ = await take_attempt(tx, payment_id)
    if payment.status in OPEN and payment.provider_reference is None:
        end_attempt(tx, payment, PaymentStatus.FAILED, failure_code=failure_code)
        record_change(tx, order, ChangeKind.PAYMENT, by=PAYMENT_PROVIDER)
    return payment


def end_attempt(tx: Transaction, payment: Payment, status: PaymentStatus, *, failure_code: str | None = None) -> None:
    """The attempt is over; what it was to charge is forgotten with it."""
    payment.status, payment.failure_code, payment.settled_at = status, failure_code, tx.now
    payment.next_action_url = payment.provider_token = payment.next_check_at = None


def open_attempt(payments: list[Payment]) -> Payment | None:
    """The one attempt whose outcome is not known yet, if there is one."""
    return next((payment for payment in payments if payment.status in OPEN), None)


async def receive(tx: Transaction, order: Order, payment: Payment, *, by: Actor, wanted: bool = True) -> None:
    """The money of an attempt is there. It goes back where it came too late: for an order that has ended meanwhile,
    or is about to be paid otherwise and so has not `wanted` it any more."""
    end_attempt(tx, payment, PaymentStatus.SUCCEEDED)
    book_payment(tx, payment)
    if not (wanted and await settle_order(tx, order, by=by)):
        record_change(tx, order, ChangeKind.LATE_PAYMENT_REFUNDED, by=by, reason=_LATE)
        await refund_all(tx, order, [payment], by=SYSTEM, reason=_LATE)


async def settle_order(tx: Transaction, order: Order, *, by: Actor) -> bool:
    """What follows from the money being there. False where the order no longer waits for it."""
    if await advance(tx, order, Trigger.PAY, by=by) is None:
        return False
    write_mail(tx, MailKind.PAYMENT_RECEIVED, order)
    return True


async def _succeed(tx: Transaction, order: Order, payment: Payment, payments: list[Payment], charge: Charge) -> None:
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
    other = open_attempt([each for each in payments if each is not payment])
    await receive(tx, order, payment, by=PAYMENT_PROVIDER, wanted=other is None)


def _wait(tx: Transaction, order: Order, payment: Payment, charge: Charge) -> None:
    status = PaymentStatus(charge.status.value)
    if (payment.status, payment.next_action_url) != (status, charge.next_action_url):
        payment.status, payment.next_action_url = status, charge.next_action_url
        record_change(tx, order, ChangeKind.PAYMENT, by=PAYMENT_PROVIDER)
    schedule_check(tx, payment)


def schedule_check(tx: Transaction, payment: Payment) -> None:
    """An attempt that is still open is asked after again, ever more rarely."""
    if payment.status in OPEN:
        payment.next_check_at = tx.now + CHECKS.after(payment.checks)
        payment.checks += 1
