"""References of transfers: every order has its own, banks take it, and it is found in whatever a payer makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from ordering.references import numbers_in, reference_of

NUMBERS = st.integers(1_000_000_000, 9_999_999_999)


@given(number=NUMBERS, cuts=st.sets(st.integers(1, 13)), words=st.sampled_from(["", "Order 12 ", "RE/", "ref 2026 "]))
def test_it_is_found_again_however_it_is_written(number: int, cuts: set[int], words: str) -> None:
    reference = reference_of(number)
    assert iso11649.is_valid(reference)
    written = "".join(f" {character}" if at in cuts else character for at, character in enumerate(reference))
    for text in (written, written.lower(), written.replace(" ", "-")):
        assert numbers_in(f"{words}{text} 24.11.2026") == {number}


@given(number=NUMBERS, at=st.integers(2, 13), by=st.integers(1, 9))
def test_one_wrong_digit_names_no_other_order(number: int, at: int, by: int) -> None:
    reference = reference_of(number)
    wrong = f"{reference[:at]}{(int(reference[at]) + by) % 10}{reference[at + 1 :]}"
    assert numbers_in(wrong) == set()


@pytest.mark.parametrize("text", ["", "RF", "5031144584", "RF69 5031 1445 8", "RF6950311445 8X", "XX695031144584"])
def test_what_is_none_names_none(text: str) -> None:
    assert numbers_in(text) == set()


def test_several_are_told_apart() -> None:
    assert numbers_in(f"{reference_of(5031144584)}{reference_of(1000000000)}") == {5031144584, 1000000000}
