"""What is taken for a card number, and what is not. The numbers are made up here, so that none stands in the code."""

from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ordering.card_numbers import has_card_number, hide_card_numbers
from ordering.refusals import InvalidInput
from resolvers.reading_input import bounded

#: How the numbers of the schemes begin, and how many digits they have.
SCHEMES = [("4", 13), ("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("36", 14),
           ("6011", 16), ("3528", 16)]  # fmt: skip


def with_check_digit(digits: str) -> str:
    """The one last digit of ten that makes it add up."""
    total = sum(sum(divmod(int(each) * (2 if at % 2 == 0 else 1), 10)) for at, each in enumerate(reversed(digits)))
    return digits + str(-total % 10)


@st.composite
def drawn(draw: st.DrawFn) -> str:
    start, length = draw(st.sampled_from(SCHEMES))
    between = length - len(start) - 1
    return with_check_digit(start + draw(st.text("0123456789", min_size=between, max_size=between)))


numbers = drawn()


@given(numbers, st.sampled_from(["{}", "my card is {}, thanks", "({})", "card:{}", "{} 12/30"]), st.booleans())
def test_a_card_number_is_seen_wherever_it_stands(number: str, text: str, grouped: bool) -> None:
    written = " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if grouped else number
    assert has_card_number(text.format(written))


@given(numbers, st.sampled_from(["\u00a0", "  ", "\t", " - ", "\u2013", "\u2011", "\u202f"]))
def test_a_card_number_is_seen_whatever_stands_between_its_groups(number: str, gap: str) -> None:
    """As it is copied from a page; three are no gap."""
    written = gap.join(number[at : at + 4] for at in range(0, len(number), 4))
    assert has_card_number(f"My card: {written}.") == (len(gap) < 3)
    assert number[-4:] not in hide_card_numbers(f"My card: {written}.") or len(gap) == 3


@given(numbers, st.sampled_from([0x0660, 0xFF10, 0x0966]))
def test_a_card_number_is_seen_in_digits_of_any_script(number: str, zero: int) -> None:
    assert has_card_number("".join(chr(zero + int(each)) for each in number))


@given(numbers, st.uuids())
def test_a_card_number_is_seen_beside_an_id(number: str, id: UUID) -> None:
    assert has_card_number(f"{id} {number}")
    assert has_card_number(f"{number}/{id}")


@given(numbers, st.sampled_from(["", " 123", " 12/30", " 2026 11 24"]), st.booleans())
# Its second half adds up with the date behind it, too.
@example(number=with_check_digit("601130944000000"), behind=" 2026 11 24", grouped=True)
def test_a_card_number_is_hidden_and_nothing_else(number: str, behind: str, grouped: bool) -> None:
    written = " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if grouped else number
    said = f"RF691000000000 of 2026-11-24, card {written}{behind}"
    hidden = hide_card_numbers(said)
    assert not has_card_number(hidden)
    assert number not in hidden.replace(" ", "")
    assert hidden.startswith("RF691000000000 of 2026-11-24, card …")


@given(numbers, st.integers(1, 9))
def test_a_number_that_does_not_add_up_is_none(number: str, off: int) -> None:
    assert not has_card_number(number[:-1] + str((int(number[-1]) + off) % 10))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24 10:00",
        "+33 3 20 00 00 00",
        "FR76 3000 6000 0112 3456 7890 189",
        "order 1000234",
        "00000000000000000",
        "64858583-8565-4142-beb6-bc823d6f1783",
        "again: 22096178-7963-4711-906B-5F63FA771EB0",
    ],
)
def test_what_people_write_is_none(text: str) -> None:
    assert not has_card_number(text)


def test_a_text_with_one_is_refused() -> None:
    with pytest.raises(InvalidInput):
        bounded(f"charge {with_check_digit('4' + '0' * 14)} please", 1000, "reason")


@given(st.lists(st.integers(1000, 9999), min_size=4, max_size=20))
def test_a_column_of_numbers_is_none(rows: list[int]) -> None:
    assert not has_card_number("\n".join(map(str, rows)))
