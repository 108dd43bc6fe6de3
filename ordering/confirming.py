"""Confirming an order: staff have verified it, and delivery begins."""

from uuid import UUID

from models.database import Transaction
from models.order import Order
from ordering.actions import OrderAction
from ordering.actors import Actor
from ordering.history import advance
from ordering.lifecycle import Trigger
from ordering.taking import take_order_for


async def confirm_order(tx: Transaction, *, order_id: UUID, by: Actor, expected_version: int | None = None) -> Order:
    """Raises NotFound, VersionConflict or IllegalTransition."""
    order, _ = await take_order_for(tx, OrderAction.CONFIRM, order_id, by=by, expected_version=expected_version)
    await advance(tx, order, Trigger.CONFIRM, by=by)
    return order
