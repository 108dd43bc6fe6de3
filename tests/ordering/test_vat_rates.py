"""The dated table of VAT rates, on its own and against two independent collections."""

from collections import Counter
from datetime import date, timedelta

import pytest
from duty27_eu_vat import DATA_AS_OF, get_standard_rate
from eu_vat_rates_data import data_version, get_rate, is_eu_member

from models.product import TaxCategory
from ordering.vat_rates import EU_STATES, RATES, NoRateOn, UnknownVatCountry, rate

STANDARD, PUBLICATION = TaxCategory.STANDARD, TaxCategory.PUBLICATION


@pytest.mark.parametrize(
    ("country", "category", "on", "expected"),
    [
        ("FR", STANDARD, date(2016, 1, 1), 2000),
        ("DE", STANDARD, date(2020, 6, 30), 1900),
        ("DE", STANDARD, date(2020, 7, 1), 1600),
        ("DE", STANDARD, date(2020, 12, 31), 1600),
        ("DE", STANDARD, date(2021, 1, 1), 1900),
        ("FI", STANDARD, date(2024, 9, 1), 2550),
        ("GR", STANDARD, date(2016, 5, 31), 2300),
        ("RO", STANDARD, date(2030, 1, 1), 2100),
        ("DE", PUBLICATION, date(2019, 12, 17), 1900),
        ("DE", PUBLICATION, date(2019, 12, 18), 700),
        ("FR", PUBLICATION, date(2026, 4, 1), 550),
        ("CZ", PUBLICATION, date(2024, 1, 1), 0),
        ("FI", PUBLICATION, date(2025, 12, 31), 1400),
        ("HU", PUBLICATION, date(2026, 4, 1), 2700),
    ],
)
def test_gives_the_rate_in_force_on_the_day(country: str, category: TaxCategory, on: date, expected: int) -> None:
    assert rate(country=country, category=category, on=on) == expected


@pytest.mark.parametrize("country", ["GB", "CH", "NO", "US", "EL", "fr"])
def test_knows_no_rate_outside_the_member_states(country: str) -> None:
    with pytest.raises(UnknownVatCountry, match=country):
        rate(country=country, category=STANDARD, on=date(2026, 1, 1))


@pytest.mark.parametrize("category", TaxCategory)
def test_knows_no_rate_before_2016(category: TaxCategory) -> None:
    with pytest.raises(NoRateOn, match="2015-12-31"):
        rate(country="FR", category=category, on=date(2015, 12, 31))


def test_has_one_row_for_each_change() -> None:
    rows = Counter((row.country, row.category, row.valid_from) for row in RATES)

    assert set(rows.values()) == {1}
    for row in RATES:
        if row.valid_from > date(2016, 1, 1):
            before = rate(country=row.country, category=row.category, on=row.valid_from - timedelta(days=1))
            assert before != row.rate, row


@pytest.mark.parametrize("country", sorted(EU_STATES))
def test_agrees_with_the_history_of_standard_rates_on_every_day(country: str) -> None:
    days = (date(2016, 1, 1) + timedelta(days=n) for n in range((DATA_AS_OF - date(2016, 1, 1)).days + 1))

    differing = [
        day for day in days if rate(country=country, category=STANDARD, on=day) != get_standard_rate(country, day) * 100
    ]

    assert differing == []


@pytest.mark.parametrize("country", sorted(EU_STATES))
def test_agrees_with_the_rates_of_the_commission_database_today(country: str) -> None:
    published = get_rate(country)
    assert published is not None
    # These are floats: 25.5 is exact, 1.05 is not, so they are rounded to hundredths before they are compared.
    standard, *lower = (
        round(value * 100) for value in (published["standard"], *published["reduced"], published["super_reduced"] or 0)
    )
    today = date.fromisoformat(data_version)

    assert is_eu_member(country)
    assert rate(country=country, category=STANDARD, on=today) == standard
    # Zero rates are not listed there: Czech and Irish e-books.
    assert rate(country=country, category=PUBLICATION, on=today) in {standard, *lower, 0}
    assert (rate(country=country, category=PUBLICATION, on=today) == 0) == (country in {"CZ", "IE"})
