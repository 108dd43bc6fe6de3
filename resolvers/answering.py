"""Naming the outcome: the order as it is now, and refusals as errors that people can read."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from ordering.refusals import NotFound, Refusal
from reading.nodes import find_paid, find_payment
from reading.orders import EVERY_COLUMN, find_order
from resolvers.reading_input import order_key
from schema.context import Context
from schema.order import Order, Payment
from schema.payloads import OrderPayload
from schema.user_errors import UserError, user_error


async def order_now(context: Context, order_id: UUID | None) -> Order | None:
    """The order as it is now, where the viewer may see it."""
    if order_id is None:
        return None
    async with context.services.database.selecting() as session:
        row = await find_order(session, context.viewer, EVERY_COLUMN, id=order_id)
    return Order.of(row) if row else None


async def payment_now(context: Context, payment_id: UUID | None, order: Order | None = None) -> Payment | None:
    """The payment as it is now, where the viewer may see it."""
    if payment_id is None:
        return None
    async with context.services.database.selecting() as session:
        row = await find_payment(session, context.viewer, payment_id)
    return Payment.of(row, order) if row else None


async def paid_now(context: Context, payment_id: UUID) -> tuple[Order | None, Payment | None]:
    """The payment and its order as they are now, where the viewer may see them."""
    async with context.services.database.selecting() as connection:
        found = await find_paid(connection, context.viewer, payment_id)
    if found is None:
        return None, None
    order = Order.of(found[0])
    return order, Payment.of(found[1], order)


def errors_of(context: Context, refusal: Refusal | None, order: Order | None = None) -> list[UserError]:
    """A refusal as the payload's errors; none where nothing was refused."""
    return [] if refusal is None else [user_error(refusal, context.say, order)]


async def change_order(
    context: Context, order_id: strawberry.ID, change: Callable[[UUID], Awaitable[Any]]
) -> OrderPayload:
    """Runs one operation on the order and answers with the order as it is then, refused or not."""
    key, refused = None, None
    try:
        key = order_key(order_id)
        await change(key)
    except Refusal as refusal:
        refused = refusal
    order = None if isinstance(refused, NotFound) and key is None else await order_now(context, key)
    return OrderPayload(order=order, errors=errors_of(context, refused, order))
