"""Until when one may withdraw; what is refunded then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account import AccountType
from ordering.withdrawal_terms import PaidLine, withdrawable_until, withdrawal_refund
from ordering.working_days import WorkingDays

FRANCE, PORTUGAL = WorkingDays("FR"), WorkingDays("PT")
DELIVERED = datetime(2026, 4, 14, 12, tzinfo=UTC)
SETUP, MONTH, YEAR = PaidLine(1000, 2000, None), PaidLine(2500, 2000, 30), PaidLine(10_000, 2000, 365)


@pytest.mark.parametrize(
    ("working_days", "placed_at", "until"),
    [
        # Ordered on Tuesday 7 April; the fourteenth day is Tuesday 21 April, and ends at midnight in Paris.
        pytest.param(FRANCE, "2026-04-07T12:00Z", "2026-04-21T22:00Z", id="fourteen days"),
        pytest.param(FRANCE, "2026-04-07T22:30Z", "2026-04-22T22:00Z", id="the day is the seller's"),
        pytest.param(PORTUGAL, "2026-04-07T22:30Z", "2026-04-21T23:00Z", id="and each seller has their own"),
        pytest.param(FRANCE, "2026-03-20T12:00Z", "2026-04-03T22:00Z", id="Good Friday is worked in France"),
        pytest.param(PORTUGAL, "2026-03-20T12:00Z", "2026-04-06T23:00Z", id="and not in Portugal: to Monday"),
        pytest.param(FRANCE, "2026-04-11T12:00Z", "2026-04-27T22:00Z", id="ends on a Saturday: to Monday"),
        pytest.param(FRANCE, "2026-04-17T12:00Z", "2026-05-04T22:00Z", id="ends on a holiday: to Monday"),
        pytest.param(FRANCE, "2026-10-20T12:00Z", "2026-11-03T23:00Z", id="clocks go back"),
    ],
)
def test_lets_an_individual_withdraw_for_fourteen_days(working_days: WorkingDays, placed_at: str, until: str) -> None:
    assert withdrawable_until(
        placed_at=datetime.fromisoformat(placed_at),
        account_type=AccountType.INDIVIDUAL,
        all_withdrawable=True,
        waived=False,
        working_days=working_days,
    ) == datetime.fromisoformat(until)


@pytest.mark.parametrize(
    ("account_type", "all_withdrawable", "waived"),
    [
        (AccountType.COMPANY, True, False),
        (AccountType.ASSOCIATION, True, False),
        (AccountType.ADMINISTRATION, True, False),
        (AccountType.INDIVIDUAL, False, False),
        (AccountType.INDIVIDUAL, True, True),
        (AccountType.INDIVIDUAL, False, True),
    ],
)
def test_gives_nobody_else_that_right(account_type: AccountType, all_withdrawable: bool, waived: bool) -> None:
    until = withdrawable_until(
        placed_at=DELIVERED,
        account_type=account_type,
        all_withdrawable=all_withdrawable,
        waived=waived,
        working_days=FRANCE,
    )

    assert until is None


@pytest.mark.parametrize(
    ("paid", "lines", "used", "expected"),
    [
        pytest.param(3000, [MONTH], None, 3000, id="not delivered"),
        pytest.param(3000, [MONTH], timedelta(), 3000, id="at delivery"),
        pytest.param(3000, [MONTH], timedelta(seconds=1), 2900, id="a day begun is used"),
        pytest.param(3000, [MONTH], timedelta(days=1), 2900, id="a whole day"),
        pytest.param(3000, [MONTH], timedelta(days=1, seconds=1), 2800, id="two days"),
        pytest.param(3000, [MONTH], timedelta(days=14), 1600, id="a fortnight"),
        pytest.param(3000, [MONTH], timedelta(days=40), 0, id="longer than the period"),
        pytest.param(3000, [MONTH], timedelta(days=-1), 3000, id="a clock behind"),
        pytest.param(4200, [SETUP, MONTH], timedelta(days=15), 2700, id="set-up fee refunded whole"),
        # 120.00 x 355 / 365 is 116.7123: rounded.
        pytest.param(12_000, [YEAR], timedelta(days=10), 11_671, id="a year"),
        # 10 % of 10.05 is left after 27 of 30 days: 1.005 rounds up.
        pytest.param(1005, [MONTH], timedelta(days=27), 101, id="a half rounds up"),
        # A voucher took the half of it: what was paid is spread as the prices were.
        pytest.param(2100, [SETUP, MONTH], timedelta(days=15), 1350, id="after a voucher"),
        # 2.00 with 100 % VAT weighs as much as 4.00 without: half of what was paid each.
        pytest.param(800, [PaidLine(200, 10_000, 30), PaidLine(400, 0, None)], timedelta(days=30), 400, id="by rate"),
        pytest.param(0, [PaidLine(0, 2000, 30)], timedelta(days=1), 0, id="nothing paid"),
    ],
)
def test_refunds_by_the_day(paid: int, lines: list[PaidLine], used: timedelta | None, expected: int) -> None:
    delivered_at, now = (None, DELIVERED) if used is None else (DELIVERED, DELIVERED + used)

    assert withdrawal_refund(paid=paid, lines=lines, delivered_at=delivered_at, now=now) == expected


paid_lines = st.lists(
    st.builds(
        PaidLine,
        total_without_tax=st.integers(0, 10**9),
        tax_rate=st.sampled_from([0, 550, 1900, 2550]),
        period_days=st.sampled_from([None, 30, 365]),
    ),
    min_size=1,
    max_size=10,
).filter(lambda lines: any(line.total_without_tax for line in lines))
spans = st.timedeltas(timedelta(), timedelta(days=400))


@given(paid=st.integers(0, 10**12), lines=paid_lines, used=spans, more=spans)
def test_refunds_between_nothing_and_all_of_it_and_never_more_for_waiting(
    paid: int, lines: list[PaidLine], used: timedelta, more: timedelta
) -> None:
    sooner = withdrawal_refund(paid=paid, lines=lines, delivered_at=DELIVERED, now=DELIVERED + used)
    later = withdrawal_refund(paid=paid, lines=lines, delivered_at=DELIVERED, now=DELIVERED + used + more)

    assert 0 <= later <= sooner <= paid
    assert withdrawal_refund(paid=paid, lines=lines, delivered_at=None, now=DELIVERED) == paid
