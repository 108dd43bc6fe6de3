"""Working days of the seller's country: holidays, time zones, changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.vat_rates import EU_STATES
from ordering.working_days import CLOSES, TIME_ZONES, UnknownSellerCountry, WorkingDays

FRANCE, PORTUGAL, GREECE = WorkingDays("FR"), WorkingDays("PT"), WorkingDays("GR")

#: Weekdays off in 2026, by country, as the installed release of the library has them. When an update changes one of
#: these, look up which is right before you take it over: customers are told dates by them.
DAYS_OFF_IN_2026 = {
    "AT": "01-01 01-06 04-06 05-01 05-14 05-25 06-04 10-26 12-08 12-25",
    "BE": "01-01 04-06 05-01 05-14 05-25 07-21 11-11 12-25",
    "BG": "01-01 01-02 03-03 04-10 04-13 05-01 05-06 05-25 09-07 09-22 12-24 12-25 12-28",
    "CY": "01-01 01-06 02-23 03-25 04-01 04-10 04-13 05-01 06-01 10-01 10-28 12-25",
    "CZ": "01-01 04-03 04-06 05-01 05-08 07-06 09-28 10-28 11-17 12-24 12-25",
    "DE": "01-01 04-03 04-06 05-01 05-14 05-25 12-25",
    "DK": "01-01 04-02 04-03 04-06 05-14 05-25 12-25",
    "EE": "01-01 02-24 04-03 05-01 06-23 06-24 08-20 12-24 12-25",
    "ES": "01-01 01-06 04-03 05-01 10-12 12-08 12-25",
    "FI": "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25",
    "FR": "01-01 04-06 05-01 05-08 05-14 05-25 07-14 11-11 12-25",
    "GR": "01-01 01-06 02-23 03-25 04-10 04-13 05-01 06-01 10-28 12-25",
    "HR": "01-01 01-06 04-06 05-01 06-04 06-22 08-05 11-18 12-25",
    "HU": "01-01 01-02 04-03 04-06 05-01 05-25 08-20 08-21 10-23 12-24 12-25",
    "IE": "01-01 02-02 03-17 04-06 05-04 06-01 08-03 10-26 12-25",
    "IT": "01-01 01-06 04-06 05-01 06-02 12-08 12-25",
    "LT": "01-01 02-16 03-11 04-06 05-01 06-24 07-06 11-02 12-24 12-25",
    "LU": "01-01 04-06 05-01 05-14 05-25 06-23 12-25",
    "LV": "01-01 01-02 04-03 04-06 05-01 05-04 06-22 06-23 06-24 11-18 12-24 12-25 12-31",
    "MT": "01-01 02-10 03-19 03-31 04-03 05-01 06-29 09-08 09-21 12-08 12-25",
    "NL": "01-01 04-03 04-06 04-27 05-14 05-25 12-25",
    "PL": "01-01 01-06 04-06 05-01 06-04 11-11 12-24 12-25",
    "PT": "01-01 04-03 05-01 06-04 06-10 10-05 12-01 12-08 12-25",
    "RO": "01-01 01-02 01-06 01-07 04-10 04-13 05-01 06-01 11-30 12-01 12-25",
    "SE": "01-01 01-06 04-03 04-06 05-01 05-14 12-25",
    "SI": "01-01 01-02 04-06 04-27 05-01 06-25 12-25",
    "SK": "01-01 01-06 04-03 04-06 05-01 12-24 12-25",
}
#: Saturdays that are worked in exchange for a bridge day.
WORKED_SATURDAYS_IN_2026 = {"HU": "01-10 08-08", "LV": "01-17 06-27"}


@pytest.mark.parametrize("country", sorted(TIME_ZONES))
def test_takes_the_days_off_of_each_seller_country(country: str) -> None:
    working_days = WorkingDays(country)
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]

    off = [f"{day:%m-%d}" for day in year if day.weekday() < 5 and not working_days.is_working_day(day)]
    worked = [f"{day:%m-%d}" for day in year if day.weekday() >= 5 and working_days.is_working_day(day)]

    assert " ".join(off) == DAYS_OFF_IN_2026[country]
    assert " ".join(worked) == WORKED_SATURDAYS_IN_2026.get(country, "")


def test_serves_sellers_in_every_state_of_the_eu_and_nowhere_else() -> None:
    assert set(TIME_ZONES) == EU_STATES
    with pytest.raises(UnknownSellerCountry, match="US"):
        WorkingDays("US")


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "expected"),
    [
        pytest.param("PT", None, date(2026, 4, 2), date(2026, 4, 6), id="Good Friday is off in Portugal"),
        pytest.param("FR", None, date(2026, 4, 2), date(2026, 4, 3), id="and worked in France"),
        pytest.param("FR", "57", date(2026, 4, 2), date(2026, 4, 7), id="but for the Moselle"),
        pytest.param("DE", None, date(2026, 4, 2), date(2026, 4, 7), id="Easter Monday, too, in Germany"),
        pytest.param("GR", None, date(2026, 4, 9), date(2026, 4, 14), id="Orthodox Easter"),
        pytest.param("DE", None, date(2026, 6, 3), date(2026, 6, 4), id="Corpus Christi is worked in Germany"),
        pytest.param("DE", "BY", date(2026, 6, 3), date(2026, 6, 5), id="and off in Bavaria"),
        pytest.param("FR", None, date(2026, 12, 31), date(2027, 1, 4), id="over New Year"),
    ],
)
def test_finds_the_next_working_day(country: str, subdivision: str | None, day: date, expected: date) -> None:
    assert WorkingDays(country, subdivision).next_after(day) == expected


@pytest.mark.parametrize(
    ("working_days", "moment", "days", "expected"),
    [
        pytest.param(FRANCE, "2026-04-14T13:30Z", 2, "2026-04-16T13:30Z", id="within a week"),
        pytest.param(FRANCE, "2026-04-16T13:30Z", 2, "2026-04-20T13:30Z", id="over a weekend"),
        pytest.param(FRANCE, "2026-04-18T20:00Z", 2, "2026-04-22T07:00Z", id="from a Saturday: Monday's opening"),
        pytest.param(FRANCE, "2026-05-01T12:00Z", 1, "2026-05-05T07:00Z", id="from a holiday on a Friday"),
        pytest.param(PORTUGAL, "2026-04-02T10:00Z", 1, "2026-04-06T10:00Z", id="over Good Friday"),
        # In Paris it is already Saturday.
        pytest.param(FRANCE, "2026-04-17T22:30Z", 1, "2026-04-21T07:00Z", id="the day is the local one"),
        # Nine in the morning stays nine in the morning: an hour less in UTC from the last Sunday of March on.
        pytest.param(FRANCE, "2026-03-27T08:00Z", 1, "2026-03-30T07:00Z", id="clocks go forward"),
        pytest.param(FRANCE, "2026-10-23T07:00Z", 1, "2026-10-26T08:00Z", id="clocks go back"),
        pytest.param(FRANCE, "2026-03-29T00:30Z", 1, "2026-03-31T07:00Z", id="from the night of the change"),
        pytest.param(PORTUGAL, "2026-10-23T00:30Z", 1, "2026-10-26T01:30Z", id="and in another time zone"),
        pytest.param(GREECE, "2026-04-09T12:00Z", 2, "2026-04-15T12:00Z", id="over Orthodox Easter"),
    ],
)
def test_adds_working_days(working_days: WorkingDays, moment: str, days: int, expected: str) -> None:
    assert working_days.add(datetime.fromisoformat(moment), days=days) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-04-14T06:00Z", "2026-04-15T16:00Z"),
        ("2026-04-14T23:00Z", "2026-04-16T16:00Z"),
        ("2026-04-17T12:00Z", "2026-04-20T16:00Z"),
        ("2026-03-27T12:00Z", "2026-03-30T16:00Z"),
        ("2026-12-31T12:00Z", "2027-01-04T17:00Z"),
    ],
)
def test_knows_when_the_next_working_day_closes(moment: str, expected: str) -> None:
    assert FRANCE.end_of_next(datetime.fromisoformat(moment)) == datetime.fromisoformat(expected)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (Hypothesis wants naive bounds)


@given(moment=moments, later=st.timedeltas(timedelta(), timedelta(days=9)), days=st.integers(1, 10))
def test_ends_on_working_days_in_the_order_of_beginnings(moment: datetime, later: timedelta, days: int) -> None:
    end = FRANCE.add(moment, days=days)

    assert end > moment
    assert end.tzinfo is UTC
    assert FRANCE.is_working_day(FRANCE.local_day(end))
    assert FRANCE.add(moment, days=days + 1) > end


@given(moment=moments)
def test_closes_on_a_later_working_day(moment: datetime) -> None:
    end = FRANCE.end_of_next(moment)

    assert FRANCE.local_day(end) > FRANCE.local_day(moment)
    assert end.astimezone(FRANCE.timezone).time() == CLOSES
    assert FRANCE.at(FRANCE.local_day(end), time.min) > moment
