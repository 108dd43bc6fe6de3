"""Payment methods as clients see them: saved ones, and kinds that are on offer."""

from datetime import date, datetime
from typing import Any, Self

import strawberry

from ordering.eligibility import REASONS, KindOffer, NotUsable
from schema.context import Context
from schema.enums import PaymentMethodKind, PaymentMethodStatus
from schema.ids import global_id
from schema.node import Node


@strawberry.type(description="A method saved to a customer's account. No card number is ever stored or shown.")
class PaymentMethod(Node):
    kind: PaymentMethodKind = strawberry.field(description="What kind of method.")
    label: str = strawberry.field(description="What people know it by, e.g. Visa ending in 4242.")
    description: str | None = strawberry.field(description="The customer's own words for it.")
    status: PaymentMethodStatus = strawberry.field(description="Whether it can be used.")
    default: bool = strawberry.field(description="Whether it is offered first.")
    expires_on: date | None = strawberry.field(description="The last day on which it works, where there is one.")
    created_at: datetime = strawberry.field(description="When it was saved.")

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            id=global_id("PaymentMethod", row.id),
            kind=row.kind,
            label=row.label,
            description=row.description,
            status=row.status,
            default=row.is_default,
            expires_on=row.expires_on,
            created_at=row.created_at,
        )


@strawberry.type(description="A saved method, and whether it can pay a certain order.")
class SavedPaymentMethodOption:
    method: PaymentMethod = strawberry.field(description="The method.")
    usable: bool = strawberry.field(description="Whether it can pay this order.")
    code: str | None = strawberry.field(description="Why not: stable, for programs. Null when usable.")
    reason: str | None = strawberry.field(description="Why not: for people. Null when usable.")

    @classmethod
    def of(cls, row: Any, why_not: NotUsable | None, context: Context) -> Self:
        return cls(
            method=PaymentMethod.of(row),
            usable=why_not is None,
            code=why_not and why_not.value,
            reason=context.say(REASONS[why_not]) if why_not else None,
        )


@strawberry.type(description="A kind of payment that is offered for an order.")
class AvailablePaymentMethod:
    kind: PaymentMethodKind = strawberry.field(description="Which kind.")
    one_shot: bool = strawberry.field(description="Can pay once without being saved.")
    registerable: bool = strawberry.field(description="Can be saved to the account.")

    @classmethod
    def of(cls, offer: KindOffer) -> Self:
        return cls(kind=offer.kind, one_shot=offer.one_shot, registerable=offer.registerable)
