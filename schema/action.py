"""Actions as clients see them: allowed now, or why not."""

from typing import Self

import strawberry

from ordering.actions import Availability
from schema.context import Context
from schema.enums import OrderAction


@strawberry.type(description="Whether an action is allowed and, if not, why.")
class OrderActionAvailability:
    action: OrderAction = strawberry.field(description="Which action.")
    allowed: bool = strawberry.field(description="Whether the viewer may take it now.")
    code: str | None = strawberry.field(description="Why not: stable, for programs. Null when allowed.")
    reason: str | None = strawberry.field(description="Why not: for people. Null when allowed.")

    @classmethod
    def of(cls, each: Availability, context: Context) -> Self:
        refusal = each.refusal
        return cls(
            action=each.action,
            allowed=refusal is None,
            code=refusal.code if refusal else None,
            reason=context.say(refusal.message, **refusal.values) if refusal else None,
        )
