"""Money that goes back, and what staff do where it does not."""

from dataclasses import replace
from uuid import uuid4

from schema.ids import global_id
from tests.proof.shop import Shop
from tests.proof.stories.act import GOOD, Act, paid, stripe


def refunding(shop: Shop) -> Act:
    """A part, by staff."""
    return _refunding(shop, "50.00")


def refunding_too_much(shop: Shop) -> Act:
    return _refunding(shop, "1000.00")


def refunding_unanswered(shop: Shop) -> Act:
    act = refunding(shop)
    stripe(shop).fault("after", path="/v1/refunds$", drop=True, times=6)  # the relay asks, too
    return act


def refunding_turned_down(shop: Shop) -> Act:
    act = refunding(shop)
    stripe(shop).fault("before", path="/v1/refunds$", status=400)
    return act


def refunding_again(shop: Shop) -> Act:
    """Stripe has refused the refund; staff try it once more."""
    act, refund = _refused(shop)
    return replace(act, do=lambda: shop.mutate(shop.staff, "retry_refund", refundId=refund))


def dismissing(shop: Shop) -> Act:
    """Stripe has refused the refund; staff have given the money otherwise."""
    act, refund = _refused(shop)
    asked = {"refundId": refund, "reason": "Paid out in cash."}
    return replace(act, do=lambda: shop.mutate(shop.staff, "dismiss_refund", **asked))


def refusing(shop: Shop) -> Act:
    order = paid(shop)
    asked = {"orderId": order["id"], "reason": "Not in stock."}
    return Act(order, lambda: shop.mutate(shop.staff, "refuse_order", **asked), ends="CANCELLED")


def withdrawing(shop: Shop) -> Act:
    order = paid(shop)
    return Act(order, lambda: shop.mutate(shop.customer, "withdraw_from_order", orderId=order["id"]), ends="CANCELLED")


def _refunding(shop: Shop, amount: str) -> Act:
    order, key = shop.place(), uuid4().hex
    payment = shop.pay(order, GOOD)["payment"]["id"]
    asked = {"paymentId": payment, "amount": amount, "idempotencyKey": key}
    return Act(order, lambda: shop.door.ask(shop.staff, "refund_payment", **asked), keyed=True)


def _refused(shop: Shop) -> tuple[Act, str]:
    """The order, without what is done to it, and the refund."""
    act = refunding_turned_down(shop)
    act.do()
    (refund,) = shop.books(act.order).refunds
    return replace(act, keyed=False), global_id("Refund", refund.id)
