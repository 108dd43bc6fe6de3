"""How many orders are in each status, and what they come to."""

from collections import defaultdict
from collections.abc import Iterable

import strawberry

from schema.enums import OrderStatus
from schema.money import Money


@strawberry.type(description="How many orders are in a status.")
class OrderCount:
    status: OrderStatus = strawberry.field(description="Which status.")
    count: int = strawberry.field(description="How many.")
    total: list[Money] = strawberry.field(description="What they come to with VAT, one amount for each currency.")


def order_counts(rows: Iterable[tuple[OrderStatus, str, int, int]]) -> list[OrderCount]:
    """Of (status, currency, how many, total in minor units): every status, those without orders too."""
    counts: defaultdict[OrderStatus, int] = defaultdict(int)
    totals: defaultdict[OrderStatus, list[Money]] = defaultdict(list)
    for status, currency, count, total in sorted(rows):
        counts[status] += count
        if count:
            totals[status].append(Money.of(currency, total))
    return [OrderCount(status=each, count=counts[each], total=totals[each]) for each in OrderStatus]
