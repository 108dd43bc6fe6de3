"""When steps are expected to end, over holidays and changes of the clock; never in the past."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.order import OrderStatus
from ordering.estimates import estimated_completion
from ordering.working_days import WorkingDays

UNPAID, CONFIRMATION, REQUESTED = OrderStatus.UNPAID, OrderStatus.CONFIRMATION, OrderStatus.DOCUMENTS_REQUESTED
PROCESSED = OrderStatus.BEING_PROCESSED
COUNTRIES = {country: WorkingDays(country) for country in ("FR", "PT", "DE", "GR")}


@pytest.mark.parametrize(
    ("country", "status", "entered", "now", "expected"),
    [
        ("FR", CONFIRMATION, "2026-04-14T13:30Z", "2026-04-14T14:00Z", "2026-04-16T13:30Z"),
        ("FR", REQUESTED, "2026-04-14T13:30Z", "2026-04-14T14:00Z", "2026-04-16T13:30Z"),
        # Over Good Friday, Easter Monday, both, and Easter a week later.
        ("PT", CONFIRMATION, "2026-04-02T10:00Z", "2026-04-02T10:00Z", "2026-04-07T10:00Z"),
        ("FR", CONFIRMATION, "2026-04-02T10:00Z", "2026-04-02T10:00Z", "2026-04-07T10:00Z"),
        ("DE", CONFIRMATION, "2026-04-02T10:00Z", "2026-04-02T10:00Z", "2026-04-08T10:00Z"),
        ("GR", CONFIRMATION, "2026-04-09T10:00Z", "2026-04-09T10:00Z", "2026-04-15T10:00Z"),
        # In the night in which clocks go forward, then overdue by a moment and by a day.
        ("FR", CONFIRMATION, "2026-03-28T23:30Z", "2026-03-28T23:31Z", "2026-04-01T07:00Z"),
        ("FR", CONFIRMATION, "2026-04-14T13:30Z", "2026-04-16T13:30Z", "2026-04-17T16:00Z"),
        ("FR", CONFIRMATION, "2026-04-14T13:30Z", "2026-04-17T13:30Z", "2026-04-20T16:00Z"),
        # Delivery takes 90 minutes, on a Saturday and in the night of the clocks, too; then late, and later still.
        ("FR", PROCESSED, "2026-04-18T13:30Z", "2026-04-18T13:40Z", "2026-04-18T15:00Z"),
        ("FR", PROCESSED, "2026-03-29T00:30Z", "2026-03-29T00:30Z", "2026-03-29T02:00Z"),
        ("FR", PROCESSED, "2026-04-18T13:30Z", "2026-04-18T15:00Z", "2026-04-18T16:30Z"),
        ("FR", PROCESSED, "2026-04-18T13:30Z", "2026-04-18T17:00Z", "2026-04-18T18:00Z"),
    ],
)
def test_estimates(country: str, status: OrderStatus, entered: str, now: str, expected: str) -> None:
    estimate = estimated_completion(
        status=status,
        entered_at=datetime.fromisoformat(entered),
        now=datetime.fromisoformat(now),
        delivery_minutes=90,
        working_days=COUNTRIES[country],
    )

    assert estimate == datetime.fromisoformat(expected)


@pytest.mark.parametrize("status", [UNPAID, OrderStatus.COMPLETE, OrderStatus.EXPIRED, OrderStatus.CANCELLED])
def test_estimates_nothing_where_nothing_can_be_told(status: OrderStatus) -> None:
    moment = datetime(2026, 4, 14, 12, tzinfo=UTC)

    assert (
        estimated_completion(
            status=status, entered_at=moment, now=moment, delivery_minutes=90, working_days=COUNTRIES["FR"]
        )
        is None
    )


@given(
    status=st.sampled_from([CONFIRMATION, REQUESTED, PROCESSED]),
    country=st.sampled_from(sorted(COUNTRIES)),
    entered_at=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (Hypothesis wants naive bounds)
    since=st.timedeltas(timedelta(), timedelta(days=30)),
    delivery_minutes=st.integers(0, 5000),
)
def test_is_never_in_the_past(
    status: OrderStatus, country: str, entered_at: datetime, since: timedelta, delivery_minutes: int
) -> None:
    now = entered_at + since

    estimate = estimated_completion(
        status=status,
        entered_at=entered_at,
        now=now,
        delivery_minutes=delivery_minutes,
        working_days=COUNTRIES[country],
    )

    assert estimate is not None
    assert estimate > now
