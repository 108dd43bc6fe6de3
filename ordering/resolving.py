"""Resolving held payments, as staff decide: settled to an order, sent back, or dismissed; each once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from gateways.failpoints import reached
from models.change import ChangeKind
from models.database import Transaction
from models.held import HeldPayment, HeldResolution
from models.mail import MailKind
from models.money import Money
from models.order import Order, OrderStatus
from models.payment import PaymentMethodKind
from ordering.actions import AlreadyPaid, PaymentInProgress, illegal
from ordering.actors import Actor
from ordering.history import record_change
from ordering.ledger import book_released
from ordering.lifecycle import PAID
from ordering.mails import write_mail
from ordering.refunds import promise_refund
from ordering.refusals import InvalidInput, NotFound, Refusal
from ordering.settling import open_attempt, receive
from ordering.taking import payments_of, take_order
from ordering.transfers import transfer_for
from texts import mark

#: What a customer may have paid one order in.
MOST_AT_ONCE: Final = 20

_OVERPAID: Final = mark("More was paid than the order's total.")
_UNDERPAID: Final = mark("Less was paid than the order's total; staff have accepted that.")


class HeldPaymentResolved(Refusal):
    code = "HELD_PAYMENT_RESOLVED"
    message = mark("This payment has been resolved already.")


class AmountDiffers(Refusal):
    """`received` and `total`: Money."""

    code = "AMOUNT_DIFFERS"
    message = mark("{received} was received and the order's total is {total}. Accept the difference, or send it back.")


async def settle_held_payments(
    tx: Transaction, *, held_ids: Sequence[UUID], order_id: UUID, accept_difference: bool, by: Actor
) -> None:
    """Pays an order with what was held, all of it together. A difference has to be accepted: what is missing is then
    let go, what is too much goes back.

    Raises NotFound, InvalidInput, HeldPaymentResolved, AmountDiffers, AlreadyPaid, PaymentInProgress or
    IllegalTransition."""
    if not 1 <= len(set(held_ids)) == len(held_ids) <= MOST_AT_ONCE:
        raise InvalidInput(why=mark("Between one and twenty payments, each once."), path=["heldPaymentIds"])
    held = await _take(tx, held_ids, path="heldPaymentIds")
    order = await take_order(tx, order_id, by=by)
    if order.status is not OrderStatus.UNPAID:
        raise AlreadyPaid(path=["orderId"]) if order.status in PAID else illegal(order.status)
    payments = await payments_of(tx, order)
    other = open_attempt(payments)
    if other is not None and other.kind is not PaymentMethodKind.BANK_TRANSFER:
        raise PaymentInProgress(path=["orderId"])
    received = _sum(held, order)
    if received != order.total and not accept_difference:
        amounts = [Money(order.currency, minor) for minor in (received, order.total)]
        raise AmountDiffers(received=amounts[0], total=amounts[1], path=["acceptDifference"])
    payment = transfer_for(tx, order, payments)
    payment.amount = received
    await tx.session.flush()
    await receive(tx, order, payment, by=by)
    if received < order.total:
        record_change(tx, order, ChangeKind.PAYMENT, by=by, reason=_UNDERPAID)
    if received > order.total:
        over = received - order.total
        await promise_refund(tx, order, payment, over, by=by, reason=_OVERPAID, overpaid=True)
    for each in held:
        each.order_id, each.payment_id = order.id, payment.id
        _resolve(tx, each, HeldResolution.SETTLED, by=by)
    reached("held.settling")


async def return_held_payment(tx: Transaction, *, held_id: UUID, reason: str | None, by: Actor) -> None:
    """It goes back to the account that it came from, by the hands of staff; where it is known whose order it was for,
    the customer is told. Raises NotFound or HeldPaymentResolved."""
    (held,) = await _take(tx, [held_id], path="heldPaymentId")
    order = await _record(tx, held, by=by, reason=reason)
    if order is not None:
        write_mail(
            tx,
            MailKind.REFUNDED,
            order,
            amount=held.amount,
            currency=held.currency,
            reason=reason,
            by_transfer=True,
        )
    _resolve(tx, held, HeldResolution.RETURNED, by=by, note=reason)
    reached("held.returning")


async def dismiss_held_payment(tx: Transaction, *, held_id: UUID, reason: str, by: Actor) -> None:
    """It is no payment of an order, or has been dealt with elsewhere; `reason` says which. Raises NotFound or
    HeldPaymentResolved."""
    (held,) = await _take(tx, [held_id], path="heldPaymentId")
    await _record(tx, held, by=by, reason=reason)
    _resolve(tx, held, HeldResolution.DISMISSED, by=by, note=reason)
    reached("held.dismissing")


async def _take(tx: Transaction, ids: Sequence[UUID], *, path: str) -> list[HeldPayment]:
    """Locked, always in the same order and before any order."""
    query = sa.select(HeldPayment).where(col(HeldPayment.id).in_(ids)).order_by(col(HeldPayment.id))
    held = list((await tx.session.execute(query.with_for_update())).scalars())
    if len(held) != len(ids):
        raise NotFound(what=mark("held payment"), path=[path])
    if any(each.resolved_at is not None for each in held):
        raise HeldPaymentResolved(path=[path])
    return held


def _sum(held: Sequence[HeldPayment], order: Order) -> int:
    if {each.currency for each in held} != {order.currency}:
        raise InvalidInput(why=mark("These payments are not all in the order's currency."), path=["heldPaymentIds"])
    return sum(each.amount for each in held)


async def _record(tx: Transaction, held: HeldPayment, *, by: Actor, reason: str | None) -> Order | None:
    """In the history of the order that it seemed to be for."""
    if held.order_id is None:
        return None
    order = await take_order(tx, held.order_id, by=by)
    record_change(tx, order, ChangeKind.PAYMENT, by=by, reason=reason)
    return order


def _resolve(
    tx: Transaction, held: HeldPayment, resolution: HeldResolution, *, by: Actor, note: str | None = None
) -> None:
    book_released(tx, held)
    held.resolution, held.resolved_at, held.resolved_by, held.note = resolution, tx.now, by.account_id, note
