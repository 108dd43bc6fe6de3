"""How the demo's customers pay: at once, at the second try, after authentication, by what was saved, or later."""

from collections.abc import Callable
from typing import Final

from demo.buying import authenticate, hear_from_provider, pay_by, pay_by_saved
from demo.handling import record_transfer
from demo.moments import after, soon, when_settled, within_days
from demo.purchase import Purchase, Story
from models.account import AccountType
from models.payment import PaymentMethodKind
from ordering.eligibility import AUTHORISED_COUNTRIES

Way = Callable[[Purchase], Story]

_CARD, _PAYPAL = PaymentMethodKind.CARD, PaymentMethodKind.PAYPAL


def pay(purchase: Purchase) -> Story:
    """In one of the ways that this customer has; where that fails, by card."""
    yield from purchase.random.choice(_ways_of(purchase))(purchase)
    if purchase.refusal is not None:
        yield from by_card(purchase)


def by_card(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_CARD, "sandbox_card")


def by_card_to_save(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_CARD, "sandbox_card", save=True)


def by_declined_card(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_CARD, purchase.random.choice(("sandbox_card_declined", "sandbox_card_no_funds")))


def by_card_that_asks(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_CARD, "sandbox_card_authentication")
    yield after(purchase, minutes=2), authenticate(approve=True)


def by_card_that_asks_in_vain(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_CARD, "sandbox_card_authentication")
    yield after(purchase, minutes=3), authenticate(approve=False)
    yield from by_card(purchase)


def by_card_without_an_answer(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_CARD, "sandbox_card_timeout")
    yield after(purchase, minutes=1), hear_from_provider


def by_paypal(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(_PAYPAL, "sandbox_paypal")
    if purchase.refusal is None:
        yield after(purchase, minutes=2), authenticate(approve=True)


def by_saved_card(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by_saved("sandbox_card")


def by_direct_debit(purchase: Purchase) -> Story:
    """Refused for an account's first order."""
    yield soon(purchase), pay_by_saved("sandbox_sepa")
    if purchase.refusal is None:
        yield when_settled(purchase), hear_from_provider


def by_bank_transfer(purchase: Purchase) -> Story:
    """It takes days, and staff find it on the seller's account."""
    yield soon(purchase), pay_by(PaymentMethodKind.BANK_TRANSFER)
    yield within_days(purchase, 1, 3), record_transfer


def by_prepaid_account(purchase: Purchase) -> Story:
    """Refused where the balance does not reach."""
    yield soon(purchase), pay_by(PaymentMethodKind.PREPAID_ACCOUNT)


def by_deferred_payment(purchase: Purchase) -> Story:
    yield soon(purchase), pay_by(PaymentMethodKind.DEFERRED_PAYMENT)


_FOR_ALL: Final[tuple[Way, ...]] = (
    by_card,
    by_card,
    by_card,
    by_declined_card,
    by_card_that_asks,
    by_card_that_asks_in_vain,
    by_card_without_an_answer,
    by_bank_transfer,
)


def _ways_of(purchase: Purchase) -> list[Way]:
    customer = purchase.customer
    if customer.account_type is AccountType.ADMINISTRATION:
        return [by_deferred_payment, by_card]
    ways = [*_FOR_ALL]
    if customer.country in AUTHORISED_COUNTRIES[_PAYPAL]:
        ways.append(by_paypal)
    if "sandbox_sepa" in customer.methods:
        ways += [by_direct_debit] * 4
    if "sandbox_card" in customer.methods:
        ways += [by_saved_card] * 4
    else:
        ways.append(by_card_to_save)
    if customer.prepaid:
        ways += [by_prepaid_account] * 3
    return ways
