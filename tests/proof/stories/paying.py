"""Paying, and finding out what has become of an attempt."""

from tests.proof.shop import Shop
from tests.proof.stories.act import UNHEARD_OF, Act, approve, asked, paid, stripe, to_pay


def paying(shop: Shop) -> Act:
    return to_pay(shop, shop.place())


def paying_first(shop: Shop) -> Act:
    """A customer whom Stripe does not know yet, with more than one rate of VAT and a voucher."""
    customer = shop.new_customer()
    order = shop.place("server", "book", "promoted", by=customer, voucherCode="TENPERCENT")
    return to_pay(shop, order, by=customer)


def paying_in_vain(shop: Shop) -> Act:
    """An order that is paid already."""
    return to_pay(shop, paid(shop))


def paying_instead(shop: Shop) -> Act:
    """The attempt before waits for its customer."""
    return to_pay(shop, asked(shop))


def paying_unanswered(shop: Shop) -> Act:
    """The charge is made; what Stripe says of it is lost."""
    order = shop.place()
    stripe(shop).fault("after", drop=True, times=3)
    return to_pay(shop, order)


def paying_turned_down(shop: Shop) -> Act:
    """Stripe does not take the call: nothing was tried, and another method can be."""
    return to_pay(shop, shop.place(), UNHEARD_OF, ends="UNPAID")


def settling(shop: Shop) -> Act:
    """The customer has answered the bank, and nobody tells us."""
    order = asked(shop)
    return Act(order, lambda: approve(shop, order))


def settling_unanswered(shop: Shop) -> Act:
    order = asked(shop)
    stripe(shop).fault("before", method="GET", path="/v1/payment_intents/", status=500, times=3)
    return Act(order, lambda: approve(shop, order))


def settling_turned_down(shop: Shop) -> Act:
    """Nobody knows whether the call arrived; sent again, it is not taken."""
    order = shop.place()
    stripe(shop).fault("before", drop=True, times=3)
    return to_pay(shop, order, UNHEARD_OF, ends="UNPAID")


def writing(shop: Shop) -> Act:
    """The mail that an order is placed."""
    return to_pay(shop, shop.place())
