"""How each step of paying, refunding and expiring is come to: what is arranged before it, and what is done then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from models.payment import PaymentStatus
from schema.ids import global_id
from tests.bank import Line, csv_of, reference
from tests.proof.shop import Shop

GOOD, ASKING = "pm_card_visa", "pm_card_authenticationRequired"
ASKED: Final = PaymentStatus.ACTION_REQUIRED
TOTAL: Final = "178.68"


@dataclass(frozen=True, slots=True)
class Act:
    """`do` is what the server dies over; it is done once more when the server is back, by whoever had no answer.
    `ends` is where the order is then. `keyed`: it has an idempotency key, and `do` returns its answer's bytes."""

    order: dict[str, Any]
    do: Callable[[], Any]
    ends: str = "CONFIRMATION"
    keyed: bool = False


Story = Callable[[Shop], Act]


def paying(shop: Shop) -> Act:
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.pay_in_bytes(order, GOOD, key), keyed=True)


def paying_in_vain(shop: Shop) -> Act:
    """An order that is paid already."""
    order, key = shop.place(), uuid4().hex
    shop.pay(order, GOOD)
    return Act(order, lambda: shop.pay_in_bytes(order, GOOD, key), keyed=True)


def paying_instead(shop: Shop) -> Act:
    """The attempt before waits for its customer."""
    order, key = shop.place(), uuid4().hex
    shop.pay(order, ASKING)
    return Act(order, lambda: shop.pay_in_bytes(order, GOOD, key), keyed=True)


def paying_unanswered(shop: Shop) -> Act:
    """The charge is made; what Stripe says of it is lost."""
    order, key = shop.place(), uuid4().hex
    _stripe(shop).fault("after", drop=True, times=3)
    return Act(order, lambda: shop.pay_in_bytes(order, GOOD, key), keyed=True)


def paying_turned_down(shop: Shop) -> Act:
    """Stripe does not take the call: nothing was tried, and another method can be."""
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.pay_in_bytes(order, "pm_unheard_of", key), ends="UNPAID", keyed=True)


def settling(shop: Shop) -> Act:
    """The customer has answered the bank, and nobody tells us."""
    order = shop.place()
    shop.pay(order, ASKING)
    return Act(order, lambda: _answer(shop, order))


def settling_unanswered(shop: Shop) -> Act:
    order = shop.place()
    shop.pay(order, ASKING)
    _stripe(shop).fault("before", method="GET", path="/v1/payment_intents/", status=500, times=3)
    return Act(order, lambda: _answer(shop, order))


def settling_turned_down(shop: Shop) -> Act:
    """Nobody knows whether the call arrived; sent again, it is not taken."""
    order = shop.place()
    _stripe(shop).fault("before", drop=True, times=3)
    key = uuid4().hex
    return Act(order, lambda: shop.pay_in_bytes(order, "pm_unheard_of", key), ends="UNPAID", keyed=True)


def told(shop: Shop) -> Act:
    """Stripe tells what the customer has answered."""
    order = shop.place()
    shop.pay(order, ASKING)
    _stripe(shop).webhooks("after")
    return Act(order, lambda: _answer(shop, order))


def refunding(shop: Shop) -> Act:
    """A part, by staff."""
    order, key = shop.place(), uuid4().hex
    payment = shop.pay(order, GOOD)["payment"]["id"]
    asked = {"paymentId": payment, "amount": "50.00", "idempotencyKey": key}
    return Act(order, lambda: shop.door.ask(shop.staff, "refund_payment", **asked), keyed=True)


def refunding_unanswered(shop: Shop) -> Act:
    act = refunding(shop)
    _stripe(shop).fault("after", path="/v1/refunds$", drop=True, times=6)  # the relay asks, too
    return act


def refunding_turned_down(shop: Shop) -> Act:
    act = refunding(shop)
    _stripe(shop).fault("before", path="/v1/refunds$", status=400)
    return act


def expiring(shop: Shop) -> Act:
    order = shop.place()
    return Act(order, lambda: shop.time_is_over(order), ends="EXPIRED")


def expiring_while_asked(shop: Shop) -> Act:
    """The customer has been asked, and has not answered."""
    order = shop.place()
    shop.pay(order, ASKING)
    return Act(order, lambda: shop.time_is_over(order), ends="EXPIRED")


def paying_first(shop: Shop) -> Act:
    """A customer whom Stripe does not know yet, with more than one rate of VAT and a voucher."""
    customer, key = shop.new_customer(), uuid4().hex
    order = shop.place("server", "book", "promoted", by=customer, voucherCode="TENPERCENT")
    return Act(order, lambda: shop.pay_in_bytes(order, GOOD, key, by=customer), keyed=True)


def refunding_again(shop: Shop) -> Act:
    """Stripe has refused the refund; staff try it once more."""
    act = refunding_turned_down(shop)
    act.do()
    (refund,) = shop.books(act.order).refunds
    return Act(act.order, lambda: shop.mutate(shop.staff, "retry_refund", refundId=global_id("Refund", refund.id)))


def refusing(shop: Shop) -> Act:
    order = shop.place()
    shop.pay(order, GOOD)
    asked = {"orderId": order["id"], "reason": "Not in stock."}
    return Act(order, lambda: shop.mutate(shop.staff, "refuse_order", **asked), ends="CANCELLED")


def withdrawing(shop: Shop) -> Act:
    order = shop.place()
    shop.pay(order, GOOD)
    return Act(order, lambda: shop.mutate(shop.customer, "withdraw_from_order", orderId=order["id"]), ends="CANCELLED")


def cancelling(shop: Shop) -> Act:
    order = shop.place()
    return Act(order, lambda: shop.mutate(shop.customer, "cancel_order", orderId=order["id"]), ends="CANCELLED")


def cancelling_while_asked(shop: Shop) -> Act:
    act = cancelling(shop)
    shop.pay(act.order, ASKING)
    return act


def told_too_late(shop: Shop) -> Act:
    """The order has expired, since its attempt had ended; then Stripe tells that it was paid."""
    order = _given_up(shop)
    shop.time_is_over(order)
    shop.wait_for(order, "EXPIRED")
    shop.settle(order)
    _stripe(shop).webhooks("after")
    return Act(order, lambda: _answer(shop, order, PaymentStatus.CANCELLED), ends="EXPIRED")


def found_too_late(shop: Shop) -> Act:
    """The customer has cancelled the order; then staff ask what has become of the attempt, which was paid."""
    order = _given_up(shop)
    shop.mutate(shop.customer, "cancel_order", orderId=order["id"])
    shop.settle(order)
    _answer(shop, order, PaymentStatus.CANCELLED)

    def check() -> None:
        attempt = shop.attempt(order, PaymentStatus.CANCELLED)
        if attempt is not None:
            shop.mutate(shop.staff, "check_payment", paymentId=global_id("Payment", attempt.id))

    return Act(order, check, ends="CANCELLED")


def importing(shop: Shop) -> Act:
    """One line pays its order, one of another amount is held."""
    order = shop.place()
    return Act(order, _import(shop, Line(TOTAL, reference(order)), Line("1.00", reference(order))))


def sending_back(shop: Shop) -> Act:
    """What came by transfer is refunded by the hands of staff."""
    order = shop.place()
    _import(shop, Line(TOTAL, reference(order)))()
    shop.mutate(shop.staff, "refuse_order", orderId=order["id"], reason="Not in stock.")
    (refund,) = shop.books(order).refunds
    asked = {"refundId": global_id("Refund", refund.id)}
    return Act(order, lambda: shop.mutate(shop.staff, "mark_refund_sent", **asked), ends="CANCELLED")


def settling_held(shop: Shop) -> Act:
    """Two parts of what an order costs."""
    order = shop.place()
    _import(shop, Line("100.00", reference(order)), Line("78.68", reference(order)))()
    asked = {"heldPaymentIds": _held(shop, order), "orderId": order["id"], "acceptDifference": False}
    return Act(order, lambda: shop.mutate(shop.staff, "settle_held_payments", **asked))


def returning_held(shop: Shop) -> Act:
    order = shop.place()
    _import(shop, Line("1.00", reference(order)))()
    (held,) = _held(shop, order)
    asked = {"heldPaymentId": held, "reason": "Too little."}
    return Act(order, lambda: shop.mutate(shop.staff, "return_held_payment", **asked), ends="UNPAID")


def dismissing_held(shop: Shop) -> Act:
    order = shop.place()
    _import(shop, Line("1.00", reference(order)))()
    (held,) = _held(shop, order)
    asked = {"heldPaymentId": held, "reason": "A mistake of the bank's."}
    return Act(order, lambda: shop.mutate(shop.staff, "dismiss_held_payment", **asked), ends="UNPAID")


def writing(shop: Shop) -> Act:
    """The mail that an order is placed."""
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.pay_in_bytes(order, GOOD, key), keyed=True)


_PAYS_OUT: Final = ("pay_out.asking", "pay_out.answered", "pay_out.recording", "pay_out.recorded")
_RELEASES: Final = ("release.asking", "release.answered", "release.recording", "release.recorded")
_EVENT: Final = ("event.received", "event.looked", "event.recording", "event.recorded")
_SETTLES: Final = ("settle.asking", "settle.answered", "settle.recording", "settle.recorded")

#: Which stories come to which failpoint.
STORIES: Final[Mapping[Story, tuple[str, ...]]] = {
    paying: ("pay.asked", "pay.beginning", "pay.begun", "pay.answered", "pay.recording", "pay.recorded"),
    paying_in_vain: ("pay.refused", "pay.keeping_refusal"),
    paying_instead: ("pay.replacing", *_RELEASES),
    paying_unanswered: ("pay.unanswered", "pay.leaving_open", "pay.left_open"),
    paying_turned_down: ("pay.turned_down", "pay.failing"),
    settling: _SETTLES,
    settling_unanswered: ("settle.unanswered", "settle.postponing"),
    settling_turned_down: ("settle.turned_down", "settle.failing"),
    told: _EVENT,
    told_too_late: (*_EVENT, *_PAYS_OUT),
    found_too_late: (*_SETTLES, *_PAYS_OUT),
    paying_first: ("customer.asking", "customer.answered", "customer.recording", "customer.recorded"),
    refunding: ("refund.asked", "refund.promising", "refund.paid_out", *_PAYS_OUT),
    refunding_again: ("refund_again.asked", "refund_again.promising", "refund_again.promised", *_PAYS_OUT),
    refusing: ("refuse.asked", "refuse.recording", "refuse.recorded", *_PAYS_OUT),
    withdrawing: ("withdraw.asked", "withdraw.recording", "withdraw.recorded", *_PAYS_OUT),
    cancelling: ("cancel.asked", "cancel.recording", "cancel.recorded"),
    cancelling_while_asked: (*_RELEASES, "cancel.recording"),
    importing: ("import.asked", "import.recording", "import.recorded"),
    sending_back: ("refund_sent.asked", "refund_sent.recording", "refund_sent.recorded"),
    settling_held: ("held.asked", "held.settling", "held.resolved"),
    returning_held: ("held.returning", "held.resolved"),
    dismissing_held: ("held.dismissing",),
    refunding_unanswered: ("pay_out.unanswered", "pay_out.postponing"),
    refunding_turned_down: ("pay_out.turned_down", "pay_out.failing"),
    expiring: ("expire.asked", "expire.recording", "expire.recorded"),
    expiring_while_asked: ("expire.going_on",),
    writing: ("mail.sending", "mail.sent"),
}


def _answer(shop: Shop, order: dict[str, Any], status: PaymentStatus = ASKED) -> None:
    """Once: there is nothing to answer afterwards."""
    waiting = shop.attempt(order, status)
    if waiting is not None:
        _stripe(shop).authenticate(waiting.provider_reference or "", approve=True)


def _given_up(shop: Shop) -> dict[str, Any]:
    """An order whose attempt has ended, as Stripe said; that was not so."""
    order = shop.place()
    shop.pay(order, ASKING)
    shop.believe_ended(order)
    return order


def _import(shop: Shop, *lines: Line) -> Callable[[], Any]:
    upload = shop.door.upload(shop.staff, csv_of(lines))
    return lambda: shop.mutate(shop.staff, "import_bank_statement", uploadId=upload)


def _held(shop: Shop, order: dict[str, Any]) -> list[str]:
    return [global_id("HeldPayment", each.id) for each in shop.books(order).held]


def _stripe(shop: Shop) -> Any:
    assert shop.peer is not None
    return shop.peer
