"""Following orders live: what is committed, in the order in which it was committed, from where the client left off.

These answer one subscriber alone; `live` declares what many can be answered with at once.
"""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from resolvers.live import COUNTS_EVERY, count, look, shown, transitions_of, visible
from schema.context import Context, Info
from schema.enums import OrderStatus
from schema.errors import BadCursor, CursorExpired, Unavailable
from schema.fields import given
from schema.order import Order, StatusTransition
from schema.order_count import OrderCount
from schema.scalars import StreamCursor
from streaming.following import follow
from streaming.gathering import gather
from streaming.interest import Interest
from streaming.log import ChangeRow, current_place
from streaming.place import BadPlace, Place
from streaming.ring import StartAfresh, StreamStopped

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
    interest = transitions_of(
        context,
        order_id=None if wanted is None else await visible(context, wanted),
        statuses=None if statuses is None else frozenset(statuses),
    )
    async for row in _changes(context, interest, _place_of(given(after))):
        yield StatusTransition.of(row, row.epoch)


async def order(info: Info, id: Id) -> AsyncGenerator[Order, None]:
    context = info.context
    # The place comes first: what is committed after it is seen below, whether or not the first look has it already.
    place = await current_place(context.services.database)
    order_id = await visible(context, id)
    shown = 0
    interest = Interest(order_id=order_id)
    current = await look(context, order_id)
    if current is not None:
        shown = current.version
        yield Order.of(current)
    async for change in _changes(context, interest, place):
        if change.version <= shown:
            continue
        current = await look(context, order_id)
        if current is None:  # the right to see it has ended
            return
        shown = current.version
        yield Order.of(current)


async def order_counts_live(info: Info) -> AsyncGenerator[list[OrderCount], None]:
    context = info.context
    counts, counted_at = await count(context)
    yield shown(counts)
    changes = _changes(context, transitions_of(context), Place(counted_at.epoch, counted_at.position))
    async for gathered in gather(changes, COUNTS_EVERY):
        before = counts.rows()
        for change in gathered:
            counts.apply(change)
        if counts.rows() != before:
            yield shown(counts)


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
