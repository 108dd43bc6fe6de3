"""Recording what happens to an order: its new version, its place in the log, and its status."""

import sqlalchemy as sa
from sqlmodel import col

from models.change import Change, ChangeKind
from models.database import Transaction
from models.order import Order, OrderStatus
from ordering.actors import Actor
from ordering.lifecycle import FIRST, Trigger, target_of


def record_creation(tx: Transaction, order: Order, *, by: Actor) -> None:
    """The first entry of an order's history; `order` is new, in version 1."""
    change = _change(tx, order, ChangeKind.TRANSITION, by=by)
    change.sequence, change.to_status = 1, FIRST
    tx.session.add(order)


def record_change(tx: Transaction, order: Order, kind: ChangeKind, *, by: Actor, reason: str | None = None) -> None:
    """Every change of what an order shows, other than its status, comes through here."""
    order.version += 1
    _change(tx, order, kind, by=by).reason = reason


async def advance(
    tx: Transaction, order: Order, trigger: Trigger, *, by: Actor, reason: str | None = None
) -> OrderStatus | None:
    """Moves the order as the table of moves says and returns where it was; None, with nothing done, if it forbids."""
    source, target = order.status, target_of(trigger, order.status)
    if target is None:
        return None
    order.status = target
    order.version += 1
    change = _change(tx, order, ChangeKind.TRANSITION, by=by)
    change.sequence = await _next_sequence(tx, order)
    change.from_status, change.to_status, change.reason = source, target, reason
    return source


def _change(tx: Transaction, order: Order, kind: ChangeKind, *, by: Actor) -> Change:
    order.updated_at = tx.now
    change = Change(
        position=0,  # taken as the transaction's last write
        order_id=order.id,
        customer_id=order.customer_id,
        version=order.version,
        kind=kind,
        at=tx.now,
        actor=by.kind,
        actor_id=by.account_id,
        currency=order.currency,
        total=order.total,
    )
    tx.changes.append(change)
    return change


async def _next_sequence(tx: Transaction, order: Order) -> int:
    here = [c.sequence for c in tx.changes if c.order_id == order.id and c.sequence is not None]
    if here:
        return max(here) + 1
    stored = await tx.session.execute(
        sa.select(sa.func.max(col(Change.sequence))).where(col(Change.order_id) == order.id)
    )
    return int(stored.scalar_one() or 0) + 1
