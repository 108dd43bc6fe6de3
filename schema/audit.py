"""The audit of money as staff see it."""

from datetime import datetime
from typing import Final, Self

import strawberry

from models.money import Money as Amount
from reading.audit import Audit
from reading.differences import Difference
from schema.context import Info
from schema.enums import DifferenceKind
from schema.fields import field
from schema.money import Money
from schema.order import Order

#: How many differences one answer shows.
MOST_SHOWN: Final = 100


@strawberry.type(description="Something that two sets of books do not agree on.")
class MoneyDifference:
    row: strawberry.Private[Difference]
    kind: DifferenceKind = strawberry.field(description="How they differ.")
    reference: str | None = strawberry.field(description="The payment provider's name for what it is about.")
    ours: Money | None = strawberry.field(description="How much it is here; null where there is nothing.")
    theirs: Money | None = strawberry.field(
        description="How much it should be, or is at the provider; null where there is nothing, or an amount that "
        "cannot be told here."
    )

    @field("The order concerned, where one is known.")
    async def order(self, info: Info) -> Order | None:
        if self.row.order_id is None:
            return None
        return Order.of(await info.context.loaders.orders.load(self.row.order_id))

    @classmethod
    def of(cls, row: Difference) -> Self:
        return cls(row=row, kind=row.kind, reference=row.reference, ours=_money(row.ours), theirs=_money(row.theirs))


@strawberry.type(description="What an audit of a span of time has found.")
class MoneyAudit:
    since: datetime = strawberry.field(description="Of what was begun then or later.")
    until: datetime = strawberry.field(description="And before then.")
    movements: int = strawberry.field(description="How many charges and refunds the payment provider lists.")
    at_provider: list[Money] = strawberry.field(
        description="What of them came in, less what went back, by the payment provider's own list, in each currency."
    )
    elsewhere: int = strawberry.field(
        description="How many charges and refunds of the ledger could not be compared: the payment provider of now is "
        "another than the one that moved them, such as the sandbox."
    )
    balanced: bool = strawberry.field(description="Whether there is no difference at all.")
    difference_count: int = strawberry.field(description="How many differences there are.")
    differences: list[MoneyDifference] = strawberry.field(description="The first hundred of them.")

    @classmethod
    def of(cls, audit: Audit) -> Self:
        return cls(
            since=audit.since,
            until=audit.until,
            movements=audit.movements,
            at_provider=[Money.of(currency, minor) for currency, minor in sorted(audit.at_provider.items())],
            elsewhere=audit.elsewhere,
            balanced=not audit.differences,
            difference_count=len(audit.differences),
            differences=[MoneyDifference.of(each) for each in audit.differences[:MOST_SHOWN]],
        )


def _money(amount: Amount | None) -> Money | None:
    return None if amount is None else Money.of(amount.currency, amount.minor)
