"""What baskets cost: a table of worked examples, then properties of random ones."""

from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.money import EXPONENTS
from models.order import ReductionKind
from ordering.pricing import (
    BasketLine,
    BasketVoucher,
    LinePromotion,
    PricedReduction,
    TaxShare,
    VoucherNotUsable,
    VoucherRefusal,
    price_basket,
)

PRODUCT = UUID(int=1)


def line(
    unit_price: int, *, quantity: int = 1, tax_rate: int = 2000, promotions: tuple[LinePromotion, ...] = ()
) -> BasketLine:
    return BasketLine(PRODUCT, "Server", quantity, unit_price, tax_rate, promotions)


def percent(percentage: int) -> LinePromotion:
    return LinePromotion("Sale", percentage)


@pytest.mark.parametrize(
    ("lines", "voucher", "total_without_tax", "taxes", "total"),
    [
        pytest.param([], None, 0, [], 0, id="nothing"),
        pytest.param([line(9990)], None, 9990, [(2000, 9990, 1998)], 11988, id="one line"),
        pytest.param([line(999, quantity=3)], None, 2997, [(2000, 2997, 599)], 3596, id="VAT rounds down"),
        # Each line alone would round 0.5 up; the rate is computed once, on 30.
        pytest.param([line(10, tax_rate=550)] * 3, None, 30, [(550, 30, 2)], 32, id="VAT once for each rate"),
        pytest.param([line(10, tax_rate=500)], None, 10, [(500, 10, 1)], 11, id="a half rounds up"),
        pytest.param(
            [line(1000, tax_rate=2000), line(500, tax_rate=550), line(250, tax_rate=0)],
            None,
            1750,
            [(0, 250, 0), (550, 500, 28), (2000, 1000, 200)],
            1978,
            id="rates in order, zero too",
        ),
        pytest.param([line(0)], None, 0, [(2000, 0, 0)], 0, id="free of charge"),
        pytest.param([line(1000, promotions=(percent(1000),))], None, 900, [(2000, 900, 180)], 1080, id="a promotion"),
        pytest.param(
            [line(1000, promotions=(percent(5000), percent(5000)))],
            None,
            250,
            [(2000, 250, 50)],
            300,
            id="the second promotion is on what the first has left",
        ),
        pytest.param(
            [line(1000)],
            BasketVoucher("Welcome", "HELLO", percentage=1500),
            850,
            [(2000, 850, 170)],
            1020,
            id="a percentage off the order",
        ),
        # 100 off 200 : 100 is 66.67 : 33.33, and the larger remainder gets the cent.
        pytest.param(
            [line(200), line(100, tax_rate=550)],
            BasketVoucher("Welcome", "HELLO", amount=100, currency="EUR"),
            200,
            [(550, 67, 4), (2000, 133, 27)],
            231,
            id="an amount is spread over the rates",
        ),
        pytest.param(
            [line(200), line(100, tax_rate=0)],
            BasketVoucher("Gift", "GIFT", amount=5000, currency="EUR"),
            0,
            [(0, 0, 0), (2000, 0, 0)],
            0,
            id="a voucher takes no more than there is",
        ),
        pytest.param(
            [line(1000)],
            BasketVoucher("Welcome", "HELLO", percentage=1000, minimum=1000),
            900,
            [(2000, 900, 180)],
            1080,
            id="the minimum is just reached",
        ),
    ],
)
def test_prices(
    lines: list[BasketLine],
    voucher: BasketVoucher | None,
    total_without_tax: int,
    taxes: list[tuple[int, int, int]],
    total: int,
) -> None:
    basket = price_basket(lines=lines, voucher=voucher, currency="EUR")

    assert basket.total_without_tax == total_without_tax
    assert basket.taxes == tuple(TaxShare(*share) for share in taxes)
    assert basket.tax == total - total_without_tax
    assert basket.total == total
    assert basket.currency == "EUR"


def test_says_which_reductions_were_made() -> None:
    basket = price_basket(
        lines=[line(500), line(1000, quantity=2, promotions=(percent(2500), LinePromotion("None", 1)))],
        voucher=BasketVoucher("Welcome", "HELLO", percentage=1000),
        currency="EUR",
    )

    first, second = basket.lines
    assert (first.position, first.reductions, first.total_without_tax) == (1, (), 500)
    # 0.01 % of 15.00 comes to nothing, and is left out.
    assert (second.position, second.reductions, second.total_without_tax) == (
        2,
        (PricedReduction(ReductionKind.PROMOTION, "Sale", None, 500, 2500),),
        1500,
    )
    assert basket.subtotal == 2500
    assert basket.reductions == (PricedReduction(ReductionKind.VOUCHER, "Welcome", "HELLO", 200, 1000),)
    assert basket.total_without_tax == 1800


def test_keeps_what_a_line_stands_for() -> None:
    asked = BasketLine(PRODUCT, "Server", 2, 1000, 2000, period_days=365)

    (priced,) = price_basket(lines=[asked], voucher=None, currency="EUR").lines

    assert (priced.product_id, priced.description, priced.quantity) == (PRODUCT, "Server", 2)
    assert (priced.unit_price, priced.tax_rate, priced.period_days) == (1000, 2000, 365)


def test_leaves_out_a_voucher_that_takes_nothing() -> None:
    basket = price_basket(lines=[line(0)], voucher=BasketVoucher("Gift", "GIFT", percentage=5000), currency="EUR")

    assert basket.reductions == ()


@pytest.mark.parametrize(
    ("voucher", "reason"),
    [
        (BasketVoucher("Big", "BIG", percentage=1000, minimum=901), VoucherRefusal.MINIMUM_NOT_REACHED),
        (BasketVoucher("Pound", "POUND", amount=1, currency="GBP"), VoucherRefusal.OTHER_CURRENCY),
    ],
)
def test_refuses_a_voucher(voucher: BasketVoucher, reason: VoucherRefusal) -> None:
    # 10.00 less 10 % is 9.00: the minimum is compared with what the lines come to after their promotions.
    with pytest.raises(VoucherNotUsable) as refusal:
        price_basket(lines=[line(1000, promotions=(percent(1000),))], voucher=voucher, currency="EUR")

    assert refusal.value.reason is reason


percentages = st.integers(1, 10_000)
baskets = st.lists(
    st.builds(
        BasketLine,
        product_id=st.just(PRODUCT),
        description=st.just("Server"),
        quantity=st.integers(1, 1000),
        unit_price=st.integers(0, 10**6) | st.integers(0, 10**12),
        tax_rate=st.sampled_from([0, 210, 300, 550, 600, 700, 900, 1350, 1900, 2000, 2100, 2550, 2700]),
        promotions=st.lists(percentages.map(percent), max_size=3).map(tuple),
    ),
    max_size=12,
)


@st.composite
def vouchers(draw: st.DrawFn, currency: str) -> BasketVoucher | None:
    minimum = draw(st.integers(0, 10**7))
    percentage = BasketVoucher("Off", "OFF", percentage=draw(percentages), minimum=minimum)
    amount = BasketVoucher("Off", "OFF", amount=draw(st.integers(1, 10**9)), currency=currency, minimum=minimum)
    return draw(st.sampled_from([None, percentage, amount]))


@given(lines=baskets, currency=st.sampled_from(sorted(EXPONENTS)), data=st.data())
def test_always_adds_up(lines: list[BasketLine], currency: str, data: st.DataObject) -> None:
    voucher = data.draw(vouchers(currency))
    try:
        basket = price_basket(lines=lines, voucher=voucher, currency=currency)
    except VoucherNotUsable:
        assume(False)

    on_lines = sum(reduction.amount for priced in basket.lines for reduction in priced.reductions)
    on_order = sum(reduction.amount for reduction in basket.reductions)
    assert basket.total_without_tax + basket.tax == basket.total
    assert basket.tax == sum(share.amount for share in basket.taxes)
    assert basket.total_without_tax == sum(share.base for share in basket.taxes)
    assert basket.total_without_tax == sum(priced.total_without_tax for priced in basket.lines) - on_order
    assert basket.subtotal == basket.total_without_tax + on_lines + on_order
    assert basket.subtotal == sum(each.quantity * each.unit_price for each in lines)


@given(lines=baskets, data=st.data())
def test_never_goes_below_zero(lines: list[BasketLine], data: st.DataObject) -> None:
    voucher = data.draw(vouchers("EUR"))
    try:
        basket = price_basket(lines=lines, voucher=voucher, currency="EUR")
    except VoucherNotUsable:
        assume(False)

    reductions = [*basket.reductions, *(each for priced in basket.lines for each in priced.reductions)]
    assert all(reduction.amount > 0 for reduction in reductions)
    assert all(priced.total_without_tax >= 0 for priced in basket.lines)
    assert all(share.base >= 0 and share.amount >= 0 for share in basket.taxes)


@given(lines=baskets, data=st.data())
def test_computes_vat_on_each_rate_as_decimals_would(lines: list[BasketLine], data: st.DataObject) -> None:
    voucher = data.draw(vouchers("EUR"))
    try:
        basket = price_basket(lines=lines, voucher=voucher, currency="EUR")
    except VoucherNotUsable:
        assume(False)

    assert [share.rate for share in basket.taxes] == sorted({each.tax_rate for each in lines})
    for share in basket.taxes:
        exact = Decimal(share.base) * share.rate / 10_000
        assert share.amount == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@given(lines=baskets.filter(bool), minimum=st.integers(1, 10**7))
def test_applies_a_voucher_exactly_from_its_minimum_on(lines: list[BasketLine], minimum: int) -> None:
    reached = price_basket(lines=lines, voucher=None, currency="EUR").total_without_tax
    voucher = BasketVoucher("Off", "OFF", percentage=1000, minimum=minimum)

    if reached >= minimum:
        assert price_basket(lines=lines, voucher=voucher, currency="EUR").total_without_tax <= reached
    else:
        with pytest.raises(VoucherNotUsable):
            price_basket(lines=lines, voucher=voucher, currency="EUR")
