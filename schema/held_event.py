"""What a payment provider told and no rule may act on, as staff see it."""

from datetime import datetime
from typing import Any, Self

import strawberry

from schema.context import Info
from schema.customer import Staff
from schema.enums import Mismatch
from schema.fields import field
from schema.ids import global_id
from schema.node import Node
from schema.order import Order


@strawberry.type(description="An event of the payment provider that waits for staff.")
class HeldEvent(Node):
    row: strawberry.Private[Any]
    source: str = strawberry.field(description="Which provider.")
    event_id: str = strawberry.field(description="The provider's name for the event.")
    type: str = strawberry.field(description="The provider's word for what happened.")
    charge: str | None = strawberry.field(description="The charge that it is about, as the provider names it.")
    refund: str | None = strawberry.field(description="The refund that it is about, as the provider names it.")
    reason: Mismatch = strawberry.field(description="Why nothing was done about it.")
    created_at: datetime = strawberry.field(description="When it happened, by the provider's clock.")
    received_at: datetime = strawberry.field(description="When it arrived.")
    resolved_at: datetime | None = strawberry.field(description="When staff had dealt with it; null while it waits.")
    note: str | None = strawberry.field(description="What whoever resolved it wrote; null where it was applied.")

    @field("The order that it seems to concern.")
    async def order(self, info: Info) -> Order | None:
        if self.row.order_id is None:
            return None
        return Order.of(await info.context.loaders.orders.load(self.row.order_id))

    @field("Who resolved it.")
    async def resolved_by(self, info: Info) -> Staff | None:
        if self.row.resolved_by is None:
            return None
        return Staff.of(await info.context.loaders.accounts.load(self.row.resolved_by))

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            id=global_id("HeldEvent", row.id),
            row=row,
            source=row.source,
            event_id=row.event_id,
            type=row.type,
            charge=row.charge,
            refund=row.refund,
            reason=row.held_for,
            created_at=row.created_at,
            received_at=row.received_at,
            resolved_at=row.resolved_at,
            note=row.note,
        )
