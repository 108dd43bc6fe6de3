"""Amounts in Stripe's units, which are not ISO 4217's everywhere, both ways.

By Stripe's pages "Supported currencies" (its parts on three-decimal currencies and special cases) and "Deprecation of
fractional ISK charges and refunds": the króna and the Uganda shilling have no smaller unit, and are told with two
decimals all the same, which are always 00, so that 100 is one króna. In currencies of three decimals the last digit is
always 0. All others are told in ISO 4217's smallest unit, as we keep them."""

from typing import Final

from gateways.payments import ProviderRefusal, StrangeAmount
from models.money import EXPONENTS, Money

#: How many of Stripe's units make one of ISO 4217's, where that is not one.
_FINER: Final = {"ISK": 100, "UGX": 100}
#: Of how many of its units each amount is a multiple, where that is not one.
_STEPS: Final = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}


def fits(amount: Money) -> bool:
    """Whether Stripe can move exactly so much."""
    return amount.minor % _STEPS.get(amount.currency, 1) == 0


def to_stripe(amount: Money) -> int:
    """In Stripe's unit. Raises ProviderRefusal for what it cannot move: nothing is rounded."""
    if not fits(amount):
        raise ProviderRefusal("amount_not_possible")
    return amount.minor * _FINER.get(amount.currency, 1)


def from_stripe(currency: str, told: int) -> Money | StrangeAmount:
    """What Stripe tells, `told` in its own unit: no Money where that has no such currency, or no such part of one."""
    currency = currency.upper()
    minor, rest = divmod(told, _FINER.get(currency, 1))
    return StrangeAmount(currency, told) if rest or currency not in EXPONENTS else Money(currency, minor)
