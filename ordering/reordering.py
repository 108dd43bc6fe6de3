"""Reordering: the same basket again, at today's prices."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from models.database import Database, Transaction
from models.order import Order, OrderLine
from models.product import Product
from ordering.actions import OrderAction
from ordering.actors import Actor
from ordering.basket import ProductNotAvailable
from ordering.idempotency import Key, Outcome, once
from ordering.placing import LineRequest, PlaceRequest, create_order
from ordering.taking import take_order_for
from ordering.terms import Terms


async def reorder(database: Database, *, order_id: UUID, by: Actor, key: Key, terms: Terms) -> Outcome:
    """Makes a new order of one that has ended; vouchers are not used again, a waiver of withdrawal is.

    Refusals: NotFound, IllegalTransition, ProductNotAvailable, IdempotencyMismatch."""

    async def place(tx: Transaction) -> UUID:
        order, _ = await take_order_for(tx, OrderAction.REORDER, order_id, by=by)
        request = PlaceRequest(await _lines_of(tx, order), waive_withdrawal=order.withdrawal_waived)
        return (await create_order(tx, request, by=by, terms=terms)).id

    return await once(database, key, place)


async def _lines_of(tx: Transaction, order: Order) -> list[LineRequest]:
    """Set-up fees are left out: they come along with their products."""
    fees = sa.select(col(Product.setup_product_id)).where(col(Product.setup_product_id).is_not(None))
    query = (
        sa.select(col(Product.code), col(OrderLine.quantity))
        .join(Product, col(Product.id) == col(OrderLine.product_id))
        .where(col(OrderLine.order_id) == order.id, col(Product.id).not_in(fees))
        .order_by(col(OrderLine.position))
    )
    lines = [LineRequest(row.code, row.quantity) for row in await tx.session.execute(query)]
    if not lines:
        raise ProductNotAvailable(product=str(order.number), path=["orderId"])
    return lines
