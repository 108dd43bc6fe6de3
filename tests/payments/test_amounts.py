"""Amounts at Stripe: in its units on the way there, in ours on the way back, and nothing rounded."""

import pytest

from gateways.payments import ProviderRefusal, StrangeAmount
from gateways.payments.stripe.amounts import fits, from_stripe, to_stripe
from models.money import EXPONENTS, Money
from tests.peers.stripe.amounts import check_amount, in_iso_units

#: What one unit of each currency is at Stripe: 100 for all but these.
ONE = {"JPY": 1, "XOF": 1, "KWD": 1000, "TND": 1000}


@pytest.mark.parametrize("currency", EXPONENTS)
def test_one_unit_of_each_currency_is_what_stripe_says_it_is(currency: str) -> None:
    one = Money(currency, 10 ** EXPONENTS[currency])

    told = to_stripe(one)

    assert told == ONE.get(currency, 100)
    assert from_stripe(currency.lower(), told) == one
    check_amount(currency.lower(), told)
    assert in_iso_units(currency.lower(), told) == one.minor


@pytest.mark.parametrize("currency", EXPONENTS)
@pytest.mark.parametrize("minor", [0, 10, 5_000, 18_830, 10**15])
def test_what_goes_there_comes_back_the_same(currency: str, minor: int) -> None:
    amount = Money(currency, minor)

    assert fits(amount)
    assert from_stripe(currency.lower(), to_stripe(amount)) == amount


@pytest.mark.parametrize("currency", EXPONENTS)
@pytest.mark.parametrize("minor", [1, 9, 18_835])
def test_a_third_decimal_is_refused_and_not_rounded(currency: str, minor: int) -> None:
    amount = Money(currency, minor)
    if EXPONENTS[currency] < 3:
        assert fits(amount)
        assert from_stripe(currency.lower(), to_stripe(amount)) == amount
        return

    assert not fits(amount)
    with pytest.raises(ProviderRefusal, match="amount_not_possible"):
        to_stripe(amount)


@pytest.mark.parametrize("told", [5_050, 1, 99, 101])
def test_a_part_of_a_krona_is_no_money_of_ours(told: int) -> None:
    assert from_stripe("isk", told) == StrangeAmount("ISK", told)


@pytest.mark.parametrize("currency", ["brl", "ugx", "krw"])
def test_a_currency_that_is_not_ours_is_no_money_of_ours(currency: str) -> None:
    assert from_stripe(currency, 1_000) == StrangeAmount(currency.upper(), 1_000)


def test_dinars_are_told_as_they_are_whatever_their_last_digit() -> None:
    """What was charged when Stripe took it, or by hand, is still that much."""
    assert from_stripe("kwd", 1_235) == Money("KWD", 1_235)
