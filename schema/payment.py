"""What an attempt to pay shows by itself; `schema.order` adds the way back to its order."""

from datetime import datetime
from typing import Any, Self

import strawberry

from ordering.declines import reason_of
from schema.context import Info
from schema.enums import Mismatch, PaymentMethodKind, PaymentStatus
from schema.fields import field
from schema.ids import global_id
from schema.money import Money
from schema.node import Node
from schema.payment_method import PaymentMethod


@strawberry.type(description="What staff see of an attempt to pay at its provider.")
class ProviderState:
    reference: str | None = strawberry.field(description="The provider's name for it; null before it has answered.")
    checks: int = strawberry.field(description="How often it was asked after.")
    next_check_at: datetime | None = strawberry.field(description="When it is asked after next; null once it is over.")
    mismatch: Mismatch | None = strawberry.field(description="How what the provider tells of it does not fit, if so.")

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            reference=row.provider_reference,
            checks=row.checks,
            next_check_at=row.next_check_at,
            mismatch=row.mismatch,
        )


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

    @field("What of it went back in another way, where a refund had failed: it is not left to refund.")
    def given_otherwise(self) -> Money:
        return Money.of(self.row.currency, self.row.given_otherwise)

    @field("For staff: how it stands at the payment provider; null for others, and where no provider has it.")
    def at_provider(self, info: Info) -> ProviderState | None:
        known = self.row.provider_reference is not None or self.row.next_check_at is not None
        return ProviderState.of(self.row) if info.context.viewer.is_staff and known else None

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
