"""What a credit note gives back adds up to the amount, at the rates that were paid."""

from hypothesis import given
from hypothesis import strategies as st

from models.money import Money
from reading.charges import credited
from tests.documents.examples import TWO_RATES


def test_all_of_it_is_the_order_s_own_charges() -> None:
    assert credited(TWO_RATES, TWO_RATES.total.minor, "Refund") is TWO_RATES


@given(st.integers(1, TWO_RATES.total.minor - 1))
def test_a_part_of_it_is_spread_over_the_rates(amount: int) -> None:
    note = credited(TWO_RATES, amount, "Refund")
    assert note.total == Money("EUR", amount)
    assert sum(tax.base.minor + tax.amount.minor for tax in note.taxes) == amount
    assert note.subtotal == note.total_without_tax
    assert sum(line.total_without_tax.minor for line in note.lines) == note.subtotal.minor
    paid = {tax.rate: tax for tax in TWO_RATES.taxes}
    for tax in note.taxes:
        assert 0 <= tax.base.minor <= paid[tax.rate].base.minor
        assert 0 <= tax.amount.minor <= paid[tax.rate].amount.minor
        assert abs(tax.base.minor * tax.rate / 100 - tax.amount.minor) <= 1
