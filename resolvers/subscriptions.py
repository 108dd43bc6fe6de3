"""Following orders live: what is committed, in the order in which it was committed, from where the client left off."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from reading.orders import EVERY_COLUMN, count_by_status, find_order
from schema.context import Context, Info
from schema.enums import OrderStatus
from schema.errors import BadCursor, CursorExpired, NotFound, Unavailable
from schema.fields import given
from schema.ids import BadId, uuid_of
from schema.order import Order, StatusTransition
from schema.order_count import OrderCount, order_counts
from schema.scalars import StreamCursor
from streaming.counts import CountRow, Counts
from streaming.following import follow
from streaming.gathering import gather
from streaming.interest import Interest
from streaming.log import ChangeRow, current_place, read_head
from streaming.place import BadPlace, Place
from streaming.ring import StartAfresh, StreamStopped

#: Seconds between two answers of `orderCounts` at the least.
COUNTS_EVERY: Final = 1.0

OrderId = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this order.")]
Statuses = Annotated[
    list[OrderStatus] | None,
    strawberry.argument(description="Only transitions to one of these; none for an empty list."),
]
Resume = Annotated[
    StreamCursor | None,
    strawberry.argument(
        description="Begin after this place: the cursor of the last transition seen, or streamPosition."
    ),
]
Id = Annotated[strawberry.ID, strawberry.argument(description="The order's global id.")]


async def status_transitions(
    info: Info,
    order_id: OrderId = strawberry.UNSET,
    status: Statuses = strawberry.UNSET,
    after: Resume = strawberry.UNSET,
) -> AsyncGenerator[StatusTransition, None]:
    context, wanted, statuses = info.context, given(order_id), given(status)
    interest = Interest(
        customer_id=None if context.viewer.is_staff else context.viewer.account_id,
        order_id=None if wanted is None else await _visible(context, wanted),
        statuses=None if statuses is None else frozenset(statuses),
        transitions_only=True,
    )
    async for row in _changes(context, interest, _place_of(given(after))):
        yield StatusTransition.of(row, row.epoch)


async def order(info: Info, id: Id) -> AsyncGenerator[Order, None]:
    context = info.context
    # The place comes first: what is committed after it is seen below, whether or not the first look has it already.
    place = await current_place(context.services.database)
    order_id = await _visible(context, id)
    shown = 0
    interest = Interest(customer_id=None, order_id=order_id, statuses=None, transitions_only=False)
    current = await _look(context, order_id)
    if current is not None:
        shown = current.version
        yield Order.of(current)
    async for change in _changes(context, interest, place):
        if change.version <= shown:
            continue
        current = await _look(context, order_id)
        if current is None:  # the right to see it has ended
            return
        shown = current.version
        yield Order.of(current)


async def order_counts_live(info: Info) -> AsyncGenerator[list[OrderCount], None]:
    context = info.context
    async with context.services.database.reading(snapshot=True) as session:
        counted_at = await read_head(session)
        rows = await count_by_status(session, context.viewer)
    counts = Counts([CountRow(*row) for row in rows], counted_at.position)
    interest = Interest(
        customer_id=None if context.viewer.is_staff else context.viewer.account_id,
        order_id=None,
        statuses=None,
        transitions_only=True,
    )
    yield _shown(counts)
    changes = _changes(context, interest, Place(counted_at.epoch, counted_at.position))
    async for gathered in gather(changes, COUNTS_EVERY):
        before = counts.rows()
        for change in gathered:
            counts.apply(change)
        if counts.rows() != before:
            yield _shown(counts)


def _shown(counts: Counts) -> list[OrderCount]:
    return order_counts((row.status, row.currency, row.count, row.total) for row in counts.rows())


async def _changes(context: Context, interest: Interest, after: Place | None) -> AsyncGenerator[ChangeRow, None]:
    """Raises CursorExpired where the stream cannot go on from that place."""
    try:
        async for row in follow(context.services.stream.tailer, interest, after=after):
            yield row
    except StartAfresh:
        raise CursorExpired from None
    except StreamStopped:
        raise Unavailable from None


def _place_of(text: str | None) -> Place | None:
    try:
        return None if text is None else Place.decode(text)
    except BadPlace:
        raise BadCursor from None


async def _visible(context: Context, id: strawberry.ID) -> UUID:
    """The order's key. Raises NotFound for what this viewer may not see as for what does not exist."""
    try:
        order_id = uuid_of(id, "Order")
    except BadId:
        raise NotFound from None
    if await _look(context, order_id, {"id"}) is None:
        raise NotFound
    return order_id


async def _look(context: Context, order_id: UUID, columns: set[str] | frozenset[str] = EVERY_COLUMN) -> Any | None:
    async with context.services.database.reading() as session:
        return await find_order(session, context.viewer, columns, id=order_id)
