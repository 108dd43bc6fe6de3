"""Recording what happens to an order: its new version, its place in the log, and its status."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from models.base import metadata
from models.change import Change, ChangeKind
from models.database import Transaction
from models.loaded_rows import bare_row
from models.order import Order, OrderStatus
from models.statement import Statement, Values
from ordering.actors import Actor
from ordering.lifecycle import FIRST, Trigger, target_of

_CHANGES: Final = metadata.tables[str(Change.__tablename__)]
_LAST: Final = Statement(
    sa.select(sa.func.max(_CHANGES.c.sequence)).where(
        _CHANGES.c.order_id == sa.bindparam("order", type_=_CHANGES.c.order_id.type)
    ),
    returned=[_CHANGES.c.sequence],
)


def move_expected(order_id: UUID) -> tuple[Statement, Values]:
    """What `advance` will run, for `Database.writing`."""
    return _LAST, {"order": order_id}


def record_creation(tx: Transaction, order: Order, *, by: Actor) -> None:
    """The first entry of an order's history; `order` is new, in version 1."""
    change = _change(tx, order, ChangeKind.TRANSITION, by=by)
    change.sequence, change.to_status = 1, FIRST
    tx.sequences[order.id] = 1
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
    values = {
        "position": 0,  # taken as the transaction's last write
        "order_id": order.id,
        "customer_id": order.customer_id,
        "version": order.version,
        "kind": kind,
        "at": tx.now,
        "actor": by.kind,
        "actor_id": by.account_id,
        "sequence": None,
        "from_status": None,
        "to_status": None,
        "reason": None,
        "currency": order.currency,
        "total": order.total,
    }
    change = bare_row(Change, values.items())
    tx.changes.append(change)
    return change


async def know_sequences(tx: Transaction, orders: Sequence[Order]) -> None:
    """Of many orders that are about to move, in one statement."""
    query = sa.select(col(Change.order_id), sa.func.max(col(Change.sequence))).group_by(col(Change.order_id))
    found = await tx.session.execute(query.where(col(Change.order_id).in_([order.id for order in orders])))
    tx.sequences.update((row[0], row[1] or 0) for row in found)


async def _next_sequence(tx: Transaction, order: Order) -> int:
    if order.id not in tx.sequences:
        ((last,),) = await tx.run(*move_expected(order.id))
        tx.sequences[order.id] = last or 0
    tx.sequences[order.id] = tx.sequences.get(order.id, 0) + 1
    return tx.sequences[order.id]
