"""Rounding half up, and sharing out without a remainder."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.rounding import half_up, spread


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, 0),
        (1, 2, 1),
        (3, 2, 2),
        (5, 2, 3),
        (1, 3, 0),
        (2, 3, 1),
        (49, 100, 0),
        (50, 100, 1),
        (10**30, 3, 10**30 // 3),
    ],
)
def test_rounds_a_half_up(numerator: int, denominator: int, expected: int) -> None:
    assert half_up(numerator, denominator) == expected


@given(numerator=st.integers(0, 10**24), denominator=st.integers(1, 10**9))
def test_rounds_to_the_nearest(numerator: int, denominator: int) -> None:
    assert Fraction(-1, 2) < half_up(numerator, denominator) - Fraction(numerator, denominator) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (0, [], ()),
        (0, [0, 0], (0, 0)),
        (10, [1], (10,)),
        (10, [1, 1, 1], (4, 3, 3)),
        (11, [1, 1, 1], (4, 4, 3)),
        (10, [70, 20, 10], (7, 2, 1)),
        (1, [1, 2], (0, 1)),
        (5, [0, 3, 0], (0, 5, 0)),
    ],
)
def test_spreads_by_largest_remainder(amount: int, weights: list[int], shares: tuple[int, ...]) -> None:
    assert spread(amount, weights) == shares


@pytest.mark.parametrize("weights", [[], [0, 0]])
def test_does_not_spread_something_over_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="7"):
        spread(7, weights)


@given(
    amount=st.integers(0, 10**15),
    weights=st.lists(st.integers(0, 10**15), min_size=1, max_size=20).filter(any),
)
def test_spreads_all_of_it_each_share_within_one_of_its_due(amount: int, weights: list[int]) -> None:
    shares = spread(amount, weights)

    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 1
        assert share == 0 or weight > 0
        if amount <= sum(weights):
            assert share <= weight
