"""What a status transition shows by itself; `schema.order` adds the way back to its order."""

from datetime import datetime
from typing import Any

import strawberry

from schema.enums import ActorKind, OrderStatus
from schema.ids import global_id
from schema.node import Node
from schema.scalars import StreamCursor
from streaming.place import Place


@strawberry.type
class TransitionFields(Node):
    row: strawberry.Private[Any]
    cursor: StreamCursor = strawberry.field(
        description="Where this transition stands in the stream; resume a subscription with it."
    )
    sequence: int = strawberry.field(
        description="Position in this order's own history: 1 is its creation, then without a hole."
    )
    from_: OrderStatus | None = strawberry.field(name="from", description="Null for the creation of the order.")
    to: OrderStatus = strawberry.field(description="The status that it went to.")
    at: datetime = strawberry.field(description="When.")
    actor: ActorKind = strawberry.field(description="Who did it.")
    reason: str | None = strawberry.field(description="Shown to the customer.")


def transition_values(row: Any, epoch: str) -> dict[str, Any]:
    """`epoch`: of the log that the row stands in."""
    return {
        "id": global_id("StatusTransition", row.position),
        "row": row,
        "cursor": StreamCursor(Place(epoch, row.position).encode()),
        "sequence": row.sequence,
        "from_": row.from_status,
        "to": row.to_status,
        "at": row.at,
        "actor": row.actor,
        "reason": row.reason,
    }
