"""Amounts, rates, moments and periods read as they do in the reader's language."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from gateways.wording import Wording
from models.money import Money


@pytest.mark.parametrize(
    ("days", "read"), [(30, "1 mois"), (90, "3 mois"), (365, "1 an"), (730, "2 ans"), (7, "7 jours"), (1, "1 jour")]
)
def test_periods(days: int, read: str) -> None:
    assert Wording("fr").period(days).replace("\xa0", " ") == read


@pytest.mark.parametrize(
    ("tag", "read"),
    [
        ("en", "November 24, 2026, 14:05 UTC"),
        ("en-GB", "24 November 2026, 14:05 UTC"),
        ("de", "24. November 2026, 14:05 UTC"),
    ],
)
def test_moments(tag: str, read: str) -> None:
    assert Wording(tag).moment(datetime(2026, 11, 24, 14, 5, tzinfo=UTC)) == read


def test_moments_are_read_in_their_own_zone() -> None:
    zone = timezone(timedelta(hours=-5), "EST")

    assert Wording("fr").moment(datetime(2026, 11, 24, 22, 5, tzinfo=zone)) == "24 novembre 2026, 22:05 EST"


def test_rates_keep_their_digits() -> None:
    assert [Wording("en").rate(Decimal(rate)) for rate in ("0", "20", "5.5", "8.25")] == ["0%", "20%", "5.5%", "8.25%"]


def test_a_language_without_texts_reads_as_english_throughout() -> None:
    say = Wording("es")

    assert (say("Unpaid"), say.money(Money("EUR", -123456)), say.country("DE")) == ("Unpaid", "-€1,234.56", "Germany")


def test_a_country_that_nobody_knows_stays_a_code() -> None:
    assert Wording("de").country("ZZZ") == "ZZZ"
