"""When the step that an order is in is expected to end."""

from datetime import datetime, timedelta
from typing import Final

from models.order import OrderStatus
from ordering.working_days import WorkingDays

#: Manual verification usually takes about 48 hours, of working days only.
VERIFICATION_DAYS: Final = 2

_VERIFIED_BY_STAFF: Final = frozenset({OrderStatus.CONFIRMATION, OrderStatus.DOCUMENTS_REQUESTED})


def estimated_completion(
    *, status: OrderStatus, entered_at: datetime, now: datetime, delivery_minutes: int, working_days: WorkingDays
) -> datetime | None:
    """Always after `now`; None where it cannot be told (an unpaid order depends on its customer) or nothing is left.

    `entered_at` is when the order reached its status. Verification ends two working days later, at the same local
    time; when that has passed, at the end of the next working day. Delivery runs every day and ends after the minutes
    that it usually takes; when they have passed, after as many again, so that the estimate does not slide with every
    look at it.
    """
    if status in _VERIFIED_BY_STAFF:
        due = working_days.add(entered_at, days=VERIFICATION_DAYS)
        return due if due > now else working_days.end_of_next(now)
    if status is OrderStatus.BEING_PROCESSED:
        usual = timedelta(minutes=max(delivery_minutes, 1))
        passed = max((now - entered_at) // usual, 0)
        return entered_at + (passed + 1) * usual
    return None
