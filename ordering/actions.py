"""What a viewer may do with an order now, and for the rest why not: the table of moves and its guards."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.order import OrderStatus
from ordering.lifecycle import PAID, IllegalTransition, Trigger, target_of
from ordering.refusals import Refusal
from texts import mark


class OrderAction(StrEnum):
    PAY = "PAY"
    CANCEL = "CANCEL"
    PROVIDE_DOCUMENTS = "PROVIDE_DOCUMENTS"
    WITHDRAW = "WITHDRAW"
    REORDER = "REORDER"
    CONFIRM = "CONFIRM"
    REQUEST_DOCUMENTS = "REQUEST_DOCUMENTS"
    REFUSE = "REFUSE"
    COMPLETE = "COMPLETE"
    REFUND = "REFUND"


CUSTOMER_ACTIONS: Final = (
    OrderAction.PAY,
    OrderAction.CANCEL,
    OrderAction.PROVIDE_DOCUMENTS,
    OrderAction.WITHDRAW,
    OrderAction.REORDER,
)
STAFF_ACTIONS: Final = (
    OrderAction.CANCEL,
    OrderAction.CONFIRM,
    OrderAction.REQUEST_DOCUMENTS,
    OrderAction.REFUSE,
    OrderAction.COMPLETE,
    OrderAction.REFUND,
)

#: Moves nothing: makes a new order out of one that has ended.
REORDERABLE: Final = frozenset({OrderStatus.COMPLETE, OrderStatus.EXPIRED, OrderStatus.CANCELLED})


class OrderExpired(Refusal):
    code = "ORDER_EXPIRED"
    message = mark("The order has expired; please place it again.")


class AlreadyPaid(Refusal):
    code = "ALREADY_PAID"
    message = mark("The order has been paid already.")


class PaymentInProgress(Refusal):
    code = "PAYMENT_IN_PROGRESS"
    message = mark("A payment of this order is under way; wait for its outcome.")
    transient = True


class WithdrawalNotPossible(Refusal):
    code = "WITHDRAWAL_NOT_POSSIBLE"
    message = mark("There is no right to withdraw from this order, or no longer.")


class RefundNotPossible(Refusal):
    code = "REFUND_NOT_POSSIBLE"
    message = mark("Nothing is left that could be refunded, or less than that.")


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the guards look at. `under_way`: a payment that is being taken, not a transfer that is only announced;
    `at_provider`: one whose outcome only the provider knows, not we; `refundable`: what was paid and not yet refunded,
    in minor units."""

    status: OrderStatus
    expires_at: datetime
    withdrawable_until: datetime | None
    under_way: bool
    at_provider: bool
    refundable: int


@dataclass(frozen=True, slots=True)
class Availability:
    """`refusal` is None where the action is allowed."""

    action: OrderAction
    refusal: Refusal | None


def availability(facts: OrderFacts, *, staff: bool, now: datetime) -> list[Availability]:
    """Every action that this kind of viewer could ever take."""
    actions = STAFF_ACTIONS if staff else CUSTOMER_ACTIONS
    found = [Availability(action, why_not(action, facts, now=now)) for action in actions]
    allowed = [each.action.value for each in found if each.refusal is None]
    for each in found:
        if isinstance(each.refusal, IllegalTransition):
            each.refusal.values["allowed"] = allowed
    return found


def why_not(action: OrderAction, facts: OrderFacts, *, now: datetime) -> Refusal | None:
    """The refusal that taking this action now would meet; None where it is allowed."""
    if action is OrderAction.PAY and (refusal := _why_not_pay(facts, now)):
        return refusal
    if action is OrderAction.REFUND:
        return None if facts.refundable > 0 else RefundNotPossible()
    if action is OrderAction.REORDER:
        return None if facts.status in REORDERABLE else illegal(facts.status)
    if target_of(Trigger(action.value), facts.status) is None:
        return illegal(facts.status)
    if action is OrderAction.CANCEL and facts.at_provider:
        return PaymentInProgress()
    if action is OrderAction.WITHDRAW and not (facts.withdrawable_until and now < facts.withdrawable_until):
        return WithdrawalNotPossible()
    return None


def _why_not_pay(facts: OrderFacts, now: datetime) -> Refusal | None:
    if facts.status in PAID:
        return AlreadyPaid()
    if facts.status is OrderStatus.UNPAID and facts.under_way:
        return PaymentInProgress()
    if facts.status is OrderStatus.EXPIRED or (facts.status is OrderStatus.UNPAID and now >= facts.expires_at):
        return OrderExpired()
    return None


def illegal(status: OrderStatus) -> IllegalTransition:
    """`allowed` is filled in by those who know the viewer."""
    return IllegalTransition(status=status.value, allowed=[])
