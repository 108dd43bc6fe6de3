"""What of the log a follower wants, said to the database and to a row alike."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from models.change import ChangeKind
from models.order import OrderStatus
from streaming.log import CHANGES, ChangeRow


@dataclass(frozen=True, slots=True)
class Interest:
    """Each part narrows it, None does not. `statuses` are those that an order enters; an empty set wants nothing."""

    customer_id: UUID | None = None
    order_id: UUID | None = None
    statuses: frozenset[OrderStatus] | None = None
    transitions_only: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """For a statement over the log; they agree with matches() on every row."""
        found: list[sa.ColumnElement[bool]] = []
        if self.customer_id is not None:
            found.append(CHANGES.c.customer_id == self.customer_id)
        if self.order_id is not None:
            found.append(CHANGES.c.order_id == self.order_id)
        if self.statuses is not None:
            found.append(CHANGES.c.to_status.in_(sorted(self.statuses)))
        if self.transitions_only:
            found.append(CHANGES.c.kind == ChangeKind.TRANSITION)
        return found

    def matches(self, change: ChangeRow) -> bool:
        return (
            (self.customer_id is None or change.customer_id == self.customer_id)
            and (self.order_id is None or change.order_id == self.order_id)
            and (self.statuses is None or change.to_status in self.statuses)
            and (not self.transitions_only or change.kind is ChangeKind.TRANSITION)
        )
