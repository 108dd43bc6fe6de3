"""A refund as staff see it, on its way back to the customer."""

from datetime import datetime
from typing import Any, Self

import strawberry

from schema.context import Info
from schema.enums import RefundStatus
from schema.fields import field
from schema.ids import global_id
from schema.money import Money
from schema.node import Node
from schema.order import Payment


@strawberry.type(description="Money on its way back to a customer.")
class Refund(Node):
    row: strawberry.Private[Any]
    status: RefundStatus = strawberry.field(description="How it stands.")
    reason: str | None = strawberry.field(description="Shown to the customer.")
    failure_code: str | None = strawberry.field(description="The payment provider's own word for why it failed.")
    by_transfer: bool = strawberry.field(description="Staff send it by bank transfer, and not the payment provider.")
    created_at: datetime = strawberry.field(description="When it was promised.")
    settled_at: datetime | None = strawberry.field(description="When it was paid out, or failed.")
    closed_at: datetime | None = strawberry.field(description="Since when nothing is to be done about it.")
    tries: int = strawberry.field(description="How often the payment provider has been asked in vain.")
    next_try_at: datetime | None = strawberry.field(
        description="When the payment provider is asked next; null where people pay it out: see `markRefundSent`."
    )

    @field("How much.")
    def amount(self) -> Money:
        return Money.of(self.row.currency, self.row.amount)

    @field("Of which payment.")
    async def payment(self, info: Info) -> Payment:
        return Payment.of(await info.context.loaders.payment.load(self.row.payment_id))

    @classmethod
    def of(cls, row: Any) -> Self:
        """`row`: with the currency of its payment."""
        return cls(
            id=global_id("Refund", row.id),
            row=row,
            status=row.status,
            reason=row.reason,
            failure_code=row.failure_code,
            by_transfer=row.by_transfer,
            created_at=row.created_at,
            settled_at=row.settled_at,
            closed_at=row.closed_at,
            tries=row.tries,
            next_try_at=row.next_try_at,
        )
