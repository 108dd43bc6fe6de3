"""What was done with an order, by whom, as staff see it."""

from datetime import datetime
from typing import Any, Self

import strawberry

from schema.context import Info
from schema.customer import Staff
from schema.enums import ActorKind, ChangeKind
from schema.fields import field


@strawberry.type(description="Something that was done with an order.")
class OrderChange:
    row: strawberry.Private[Any]
    version: int = strawberry.field(description="The order's version that it made.")
    kind: ChangeKind = strawberry.field(description="What kind of thing.")
    at: datetime = strawberry.field(description="When.")
    actor: ActorKind = strawberry.field(description="Who did it.")
    reason: str | None = strawberry.field(description="Why, where somebody or a rule said so.")

    @field("Which member of staff, where it was one.")
    async def staff(self, info: Info) -> Staff | None:
        if self.row.actor is not ActorKind.STAFF or self.row.actor_id is None:
            return None
        return Staff.of(await info.context.loaders.accounts.load(self.row.actor_id))

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(row=row, version=row.version, kind=row.kind, at=row.at, actor=row.actor, reason=row.reason)
