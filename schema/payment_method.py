"""Payment methods as clients see them: saved ones, and kinds that are on offer."""

from datetime import date, datetime
from typing import Any, Self

import strawberry

from ordering.eligibility import REASONS, KindOffer, NotUsable
from ordering.refusals import Refusal
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
    next_action_url: str | None = strawberry.field(
        description="Where its owner must go before it can be used, for strong authentication; while VALIDATING only."
    )
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
            next_action_url=row.next_action_url,
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
    def of(cls, row: Any, why_not: Refusal | NotUsable | None, context: Context) -> Self:
        """`why_not`: what stands in the way, of the order or of the method."""
        method = PaymentMethod.of(row)
        match why_not:
            case None:
                return cls(method=method, usable=True, code=None, reason=None)
            case Refusal():
                reason = context.say(why_not.message, **why_not.values)
                return cls(method=method, usable=False, code=why_not.code, reason=reason)
        return cls(method=method, usable=False, code=why_not.value, reason=context.say(REASONS[why_not]))


@strawberry.type(description="A kind of payment that is offered for an order.")
class AvailablePaymentMethod:
    kind: PaymentMethodKind = strawberry.field(description="Which kind.")
    one_shot: bool = strawberry.field(description="Can pay once without being saved.")
    registerable: bool = strawberry.field(description="Can be saved to the account.")

    @classmethod
    def of(cls, offer: KindOffer) -> Self:
        return cls(kind=offer.kind, one_shot=offer.one_shot, registerable=offer.registerable)
