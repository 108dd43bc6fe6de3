"""How each step of paying, refunding and expiring is come to: what is arranged before it, and what is done then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from models.payment import PaymentStatus
from tests.proof.shop import Shop

GOOD, ASKING = "pm_card_visa", "pm_card_authenticationRequired"
ASKED: Final = PaymentStatus.ACTION_REQUIRED


@dataclass(frozen=True, slots=True)
class Act:
    """`do` is what the server dies over; it is done once more when the server is back, by whoever had no answer.
    `ends` is where the order is then."""

    order: dict[str, Any]
    do: Callable[[], Any]
    ends: str = "CONFIRMATION"


Story = Callable[[Shop], Act]


def paying(shop: Shop) -> Act:
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.pay(order, GOOD, key))


def paying_in_vain(shop: Shop) -> Act:
    """An order that is paid already."""
    order, key = shop.place(), uuid4().hex
    shop.pay(order, GOOD)
    return Act(order, lambda: shop.pay(order, GOOD, key))


def paying_instead(shop: Shop) -> Act:
    """The attempt before waits for its customer."""
    order, key = shop.place(), uuid4().hex
    shop.pay(order, ASKING)
    return Act(order, lambda: shop.pay(order, GOOD, key))


def paying_unanswered(shop: Shop) -> Act:
    """The charge is made; what Stripe says of it is lost."""
    order, key = shop.place(), uuid4().hex
    _stripe(shop).fault("after", drop=True, times=3)
    return Act(order, lambda: shop.pay(order, GOOD, key))


def paying_turned_down(shop: Shop) -> Act:
    """Stripe does not take the call: nothing was tried, and another method can be."""
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.pay(order, "pm_unheard_of", key), ends="UNPAID")


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
    return Act(order, lambda: shop.pay(order, "pm_unheard_of", "again" + order["id"]), ends="UNPAID")


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
    return Act(
        order,
        lambda: shop.mutate(shop.staff, "refund_payment", paymentId=payment, amount="50.00", idempotencyKey=key),
    )


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


def writing(shop: Shop) -> Act:
    """The mail that an order is placed."""
    order, key = shop.place(), uuid4().hex
    return Act(order, lambda: shop.pay(order, GOOD, key))


#: Which story comes to which failpoint.
STORIES: Final[Mapping[Story, tuple[str, ...]]] = {
    paying: ("pay.asked", "pay.beginning", "pay.begun", "pay.answered", "pay.recording", "pay.recorded"),
    paying_in_vain: ("pay.refused", "pay.keeping_refusal"),
    paying_instead: ("pay.replacing", "release.asking", "release.answered", "release.recording", "release.recorded"),
    paying_unanswered: ("pay.unanswered", "pay.leaving_open", "pay.left_open"),
    paying_turned_down: ("pay.turned_down", "pay.failing"),
    settling: ("settle.asking", "settle.answered", "settle.recording", "settle.recorded"),
    settling_unanswered: ("settle.unanswered", "settle.postponing"),
    settling_turned_down: ("settle.turned_down", "settle.failing"),
    told: ("event.received", "event.looked", "event.recording", "event.recorded"),
    refunding: (
        "refund.asked",
        "refund.promising",
        "refund.paid_out",
        "pay_out.asking",
        "pay_out.answered",
        "pay_out.recording",
        "pay_out.recorded",
    ),
    refunding_unanswered: ("pay_out.unanswered", "pay_out.postponing"),
    refunding_turned_down: ("pay_out.turned_down", "pay_out.failing"),
    expiring: ("expire.asked", "expire.recording", "expire.recorded"),
    expiring_while_asked: ("expire.going_on",),
    writing: ("mail.sending", "mail.sent"),
}


def _answer(shop: Shop, order: dict[str, Any]) -> None:
    """Once: there is nothing to answer afterwards."""
    waiting = shop.attempt(order, ASKED)
    if waiting is not None:
        _stripe(shop).authenticate(waiting.provider_reference or "", approve=True)


def _stripe(shop: Shop) -> Any:
    assert shop.peer is not None
    return shop.peer
