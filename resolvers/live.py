"""What the subscriptions follow, and in which scope each can be shared: declared here, resolved in `subscriptions`."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from reading.orders import EVERY_COLUMN, count_by_status, find_order
from resolvers.scope import Scope
from schema.context import Context
from schema.errors import NotFound
from schema.ids import BadId, uuid_of
from schema.order import Order, StatusTransition
from schema.order_count import OrderCount, order_counts
from streaming.counts import CountRow, Counts
from streaming.interest import Interest
from streaming.log import ChangeRow, Head, read_head
from streaming.sharing.declaration import Declaration
from streaming.sharing.events import Events

#: Seconds between two answers of `orderCounts` at the least.
COUNTS_EVERY: Final = 1.0


class OrderNow:
    """One order, numbered by its versions."""

    pause = 0.0

    def __init__(self, context: Context, order_id: UUID) -> None:
        self.interest = Interest(order_id=order_id)
        self._context = context
        self._order_id = order_id
        self._version = 0

    def takes(self, change: ChangeRow) -> bool:
        return bool(change.version > self._version)

    async def value(self) -> tuple[int, Order] | None:
        """None where the right to see it has ended."""
        row = await look(self._context, self._order_id)
        if row is None:
            return None
        self._version = row.version
        return row.version, Order.of(row)


class CountsNow:
    """Counted once, then kept by the log; numbered by how often they were different."""

    pause = COUNTS_EVERY

    def __init__(self, context: Context) -> None:
        self.interest = transitions_of(context)
        self._context = context
        self._counts: Counts | None = None
        self._missed: list[ChangeRow] = []
        self._number = 0
        self._shown: list[CountRow] | None = None

    def takes(self, change: ChangeRow) -> bool:
        if self._counts is None:  # it is being counted, and may have been counted without this one
            self._missed.append(change)
            return True
        return self._counts.apply(change)

    async def value(self) -> tuple[int, list[OrderCount]]:
        if self._counts is None:
            counts, _ = await count(self._context)
            for change in self._missed:
                counts.apply(change)
            self._counts, self._missed = counts, []
        rows = self._counts.rows()
        if rows != self._shown:
            self._shown, self._number = rows, self._number + 1
        return self._number, shown(self._counts)


async def _transitions(context: Context, arguments: Mapping[str, Any]) -> Events:
    order_id, statuses = arguments.get("orderId"), arguments.get("status")
    interest = transitions_of(
        context,
        order_id=None if order_id is None else await visible(context, order_id),
        statuses=None if statuses is None else frozenset(statuses),
    )
    tailer = context.services.stream.tailer

    def transition(row: ChangeRow) -> StatusTransition:
        order = tailer.order_of(row)
        return StatusTransition.of(row, row.epoch, None if order is None else Order.of(order))

    return Events(interest, transition)


async def _order(context: Context, arguments: Mapping[str, Any]) -> OrderNow:
    return OrderNow(context, await visible(context, arguments["id"]))


async def _order_counts(context: Context, _arguments: Mapping[str, Any]) -> CountsNow:
    return CountsNow(context)


def _confine(context: Context, scope: Scope) -> Context:
    return scope.confine(context)


#: By the names of the root fields.
SHARED: Final[Mapping[str, Declaration[Context]]] = {
    "statusTransitions": Declaration(scope=Scope.of, confine=_confine, open=_transitions, resume="after"),
    "order": Declaration(scope=Scope.of, confine=_confine, open=_order),
    "orderCounts": Declaration(scope=Scope.of, confine=_confine, open=_order_counts),
}


def transitions_of(context: Context, **narrower: Any) -> Interest:
    """Those that this viewer may see."""
    customer_id = None if context.viewer.is_staff else context.viewer.account_id
    return Interest(customer_id=customer_id, transitions_only=True, **narrower)


async def count(context: Context) -> tuple[Counts, Head]:
    """All that this viewer may see, and where in the log that was."""
    async with context.services.database.reading(snapshot=True) as session:
        head = await read_head(session)
        rows = await count_by_status(session, context.viewer)
    return Counts([CountRow(*row) for row in rows], head.position), head


def shown(counts: Counts) -> list[OrderCount]:
    return order_counts((row.status, row.currency, row.count, row.total) for row in counts.rows())


async def visible(context: Context, id: str) -> UUID:
    """The order's key. Raises NotFound for what this viewer may not see as for what does not exist."""
    try:
        order_id = uuid_of(id, "Order")
    except BadId:
        raise NotFound from None
    if await look(context, order_id, {"id"}) is None:
        raise NotFound
    return order_id


async def look(context: Context, order_id: UUID, columns: set[str] | frozenset[str] = EVERY_COLUMN) -> Any | None:
    async with context.services.database.selecting() as session:
        return await find_order(session, context.viewer, columns, id=order_id)
