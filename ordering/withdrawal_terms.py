"""Until when a consumer may withdraw from an order; what they then get back.

Directive 2011/83/EU: fourteen days (article 9), without the day of the order, to the end of the last day; where that
is no working day, to the end of the next one (recital 41 with Regulation 1182/71, article 3). Days are the seller's.
What was used until then is paid for in proportion (article 14).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from models.account import AccountType
from ordering.pricing import WHOLE
from ordering.rounding import half_up, spread
from ordering.working_days import WorkingDays

WITHDRAWAL_DAYS: Final = 14
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PaidLine:
    """`total_without_tax` in minor units, `tax_rate` in hundredths of a percent; `period_days` None: paid once."""

    total_without_tax: int
    tax_rate: int
    period_days: int | None


def withdrawable_until(
    *,
    placed_at: datetime,
    account_type: AccountType,
    all_withdrawable: bool,
    waived: bool,
    working_days: WorkingDays,
) -> datetime | None:
    """The moment from which withdrawal is no longer possible: a local midnight. None where there is no such right."""
    if account_type is not AccountType.INDIVIDUAL or not all_withdrawable or waived:
        return None
    last_day = working_days.local_day(placed_at) + WITHDRAWAL_DAYS * _DAY
    if not working_days.is_working_day(last_day):
        last_day = working_days.next_after(last_day)
    return working_days.at(last_day + _DAY, time.min)


def withdrawal_refund(*, paid: int, lines: Sequence[PaidLine], delivered_at: datetime | None, now: datetime) -> int:
    """What of `paid` (minor units, with VAT) goes back to the customer; all of it before delivery.

    `paid` is spread over the lines by what each costs with VAT, and of each line the days that are left of its period
    are refunded, rounded half up; a day that has begun since delivery is used. What is paid once, such as a set-up
    fee, is refunded whole.
    """
    used = 0 if delivered_at is None else max(-((delivered_at - now) // _DAY), 0)
    shares = spread(paid, [line.total_without_tax * (WHOLE + line.tax_rate) for line in lines])
    return sum(_refund(share, line.period_days, used) for share, line in zip(shares, lines, strict=True))


def _refund(share: int, period_days: int | None, used: int) -> int:
    if period_days is None:
        return share
    return half_up(share * max(period_days - used, 0), period_days)
