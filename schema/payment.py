"""What an attempt to pay shows by itself; `schema.order` adds the way back to its order."""

from datetime import datetime
from typing import Any

import strawberry

from ordering.declines import reason_of
from schema.context import Info
from schema.enums import PaymentMethodKind, PaymentStatus
from schema.fields import field
from schema.ids import global_id
from schema.money import Money
from schema.node import Node
from schema.payment_method import PaymentMethod


@strawberry.type
class PaymentFields(Node):
    row: strawberry.Private[Any]
    kind: PaymentMethodKind = strawberry.field(description="What kind of method it was made with.")
    status: PaymentStatus = strawberry.field(description="How it stands.")
    next_action_url: str | None = strawberry.field(
        description="Where the customer must go to finish this payment (strong authentication, redirect), "
        "while status is ACTION_REQUIRED."
    )
    created_at: datetime = strawberry.field(description="When it was begun.")
    settled_at: datetime | None = strawberry.field(description="When its outcome was known.")

    @field("The saved method; null if paid once.")
    async def method(self, info: Info) -> PaymentMethod | None:
        if self.row.method_id is None:
            return None
        return PaymentMethod.of(await info.context.loaders.methods.load(self.row.method_id))

    @field("What was, or is to be, paid.")
    def amount(self) -> Money:
        return Money.of(self.row.currency, self.row.amount)

    @field("What of it went back, or is on its way back.")
    def refunded(self) -> Money:
        return Money.of(self.row.currency, self.row.refunded)

    @field("Why it failed, for people; null where it did not.")
    def failure_reason(self, info: Info) -> str | None:
        if self.row.status is not PaymentStatus.FAILED:
            return None
        return info.context.say(reason_of(self.row.failure_code))


def payment_values(row: Any) -> dict[str, Any]:
    return {
        "id": global_id("Payment", row.id),
        "row": row,
        "kind": row.kind,
        "status": row.status,
        "next_action_url": row.next_action_url,
        "created_at": row.created_at,
        "settled_at": row.settled_at,
    }
