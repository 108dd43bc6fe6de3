"""Orders that end without having been paid: their time is over, or their customer cancels them."""

from tests.proof.shop import Shop
from tests.proof.stories.act import ASKING, Act, asked


def expiring(shop: Shop) -> Act:
    order = shop.place()
    return Act(order, lambda: shop.time_is_over(order), ends="EXPIRED")


def expiring_while_asked(shop: Shop) -> Act:
    """The customer has been asked, and has not answered."""
    order = asked(shop)
    return Act(order, lambda: shop.time_is_over(order), ends="EXPIRED")


def cancelling(shop: Shop) -> Act:
    order = shop.place()
    return Act(order, lambda: shop.mutate(shop.customer, "cancel_order", orderId=order["id"]), ends="CANCELLED")


def cancelling_while_asked(shop: Shop) -> Act:
    act = cancelling(shop)
    shop.pay(act.order, ASKING)
    return act
