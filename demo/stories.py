"""What becomes of the demo's orders. A story that reaches the present just stops there: its order is under way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from demo import buying, handling
from demo.moments import after, in_office_hours, soon, when_delivered, when_late, when_overdue, within_days
from demo.purchase import Purchase, Story
from demo.ways import pay
from models.payment import PaymentMethodKind

Telling = Callable[[Purchase], Story]


def left_unpaid(purchase: Purchase) -> Story:
    """Reminded, then expired."""
    terms, now = purchase.world.terms, purchase.world.clock.now
    deadline = now + terms.payment_deadline
    yield now, buying.place
    yield deadline - terms.reminder, handling.remind
    yield deadline + timedelta(minutes=1), handling.expire


def declined_and_left(purchase: Purchase) -> Story:
    steps = left_unpaid(purchase)
    yield next(steps)
    yield soon(purchase), buying.pay_by(PaymentMethodKind.CARD, "sandbox_card_declined")
    yield from steps


def not_authenticated(purchase: Purchase) -> Story:
    """The attempt to pay waits for its customer until the order's time is over."""
    steps = left_unpaid(purchase)
    yield next(steps)
    yield soon(purchase), buying.pay_by(PaymentMethodKind.CARD, "sandbox_card_authentication")
    yield from steps


def transfer_overdue(purchase: Purchase) -> Story:
    """It holds the order's expiry until it is given up."""
    yield purchase.world.clock.now, buying.place
    yield soon(purchase), buying.pay_by(PaymentMethodKind.BANK_TRANSFER)
    yield when_overdue(purchase), handling.give_up_waiting
    yield after(purchase, minutes=1), handling.expire


def transfer_short(purchase: Purchase) -> Story:
    """Less has arrived than was asked for, and staff have not decided yet."""
    yield purchase.world.clock.now, buying.place
    yield soon(purchase), buying.pay_by(PaymentMethodKind.BANK_TRANSFER)
    yield after(purchase, hours=20), handling.import_short_transfer


def given_up(purchase: Purchase) -> Story:
    yield purchase.world.clock.now, buying.place
    yield soon(purchase), buying.cancel(purchase.random.choice((None, "Ordered by mistake.", "Too expensive.")))


def cancelled_by_staff(purchase: Purchase) -> Story:
    yield purchase.world.clock.now, buying.place
    yield after(purchase, hours=2), handling.cancel_for_customer("Cancelled at your request on the telephone.")


def being_verified(purchase: Purchase) -> Story:
    yield purchase.world.clock.now, buying.place
    yield from pay(purchase)


def free_of_charge(purchase: Purchase) -> Story:
    """A voucher pays for all of it: settled as it is placed."""
    yield purchase.world.clock.now, buying.place
    yield from _delivery(purchase)


def being_delivered(purchase: Purchase) -> Story:
    yield from being_verified(purchase)
    yield in_office_hours(purchase), handling.confirm


def delivered(purchase: Purchase) -> Story:
    yield from being_verified(purchase)
    yield from _delivery(purchase)


def _delivery(purchase: Purchase) -> Story:
    yield in_office_hours(purchase), handling.confirm
    yield when_delivered(purchase), handling.complete


def awaiting_documents(purchase: Purchase) -> Story:
    yield from being_verified(purchase)
    yield in_office_hours(purchase), handling.ask_for_documents


def delivered_after_documents(purchase: Purchase) -> Story:
    yield from awaiting_documents(purchase)
    yield after(purchase, hours=purchase.random.uniform(1, 40)), buying.send_documents
    yield from _delivery(purchase)


def documents_missed(purchase: Purchase) -> Story:
    yield from awaiting_documents(purchase)
    yield when_late(purchase), handling.miss_documents
    yield after(purchase, minutes=1), handling.pay_out_refunds


def refused(purchase: Purchase) -> Story:
    yield from being_verified(purchase)
    yield in_office_hours(purchase), handling.refuse("We could not verify this order.")
    yield after(purchase, minutes=1), handling.pay_out_refunds


def refused_despite_documents(purchase: Purchase) -> Story:
    yield from awaiting_documents(purchase)
    yield in_office_hours(purchase), handling.refuse("The account is not yours to order for.")
    yield after(purchase, minutes=1), handling.pay_out_refunds


def not_deliverable(purchase: Purchase) -> Story:
    yield from being_delivered(purchase)
    yield after(purchase, hours=3), handling.refuse("This hardware is out of stock.")
    yield after(purchase, minutes=1), handling.pay_out_refunds


def partly_refunded(purchase: Purchase) -> Story:
    yield from delivered(purchase)
    percent = purchase.random.choice((10, 25, 50))
    yield within_days(purchase, 2, 12), handling.refund("Apology for an outage.", percent=percent)


def wholly_refunded(purchase: Purchase) -> Story:
    yield from delivered(purchase)
    yield within_days(purchase, 1, 5), handling.refund("Goodwill.", percent=100)


def withdrawn_early(purchase: Purchase) -> Story:
    yield from being_verified(purchase)
    yield soon(purchase), buying.withdraw("Changed my mind.")
    yield after(purchase, minutes=1), handling.pay_out_refunds


def withdrawn_late(purchase: Purchase) -> Story:
    """A part of the time that was paid for has been used by then."""
    yield from delivered(purchase)
    yield within_days(purchase, 1, 6), buying.withdraw(purchase.random.choice((None, "It is not what I need.")))
    yield after(purchase, minutes=1), handling.pay_out_refunds


def ordered_again(purchase: Purchase) -> Story:
    yield from left_unpaid(purchase)
    yield within_days(purchase, 0, 3), buying.order_again
    yield from pay(purchase)
    yield from _delivery(purchase)


#: Only consumers have the right to withdraw.
OF_CONSUMERS: Final = frozenset({withdrawn_early, withdrawn_late})

#: How often each comes up among a hundred orders or so.
FREQUENCIES: Final[dict[Telling, int]] = {
    delivered: 48,
    left_unpaid: 9,
    declined_and_left: 3,
    not_authenticated: 2,
    given_up: 5,
    cancelled_by_staff: 2,
    delivered_after_documents: 6,
    documents_missed: 3,
    refused: 3,
    refused_despite_documents: 1,
    not_deliverable: 2,
    partly_refunded: 4,
    wholly_refunded: 2,
    withdrawn_early: 2,
    withdrawn_late: 4,
    ordered_again: 3,
    transfer_overdue: 1,
    free_of_charge: 1,
}
