"""The other process: appends transitions to the log as every program here does, and tells the servers of them.

`python -m benchmarks.stream.appender DATABASE_URL BROADCAST_URL` reads lines "ORDER COUNT" and answers "done".
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from models.base import metadata
from models.change import ActorKind, Change, ChangeKind
from models.database import Database, Transaction
from models.order import OrderStatus
from streaming.hints import Hints, open_broadcast

ORDERS, CHANGES = metadata.tables["orders"], metadata.tables["changes"]
#: Changes that one transaction makes at most.
TOGETHER: Final = 100


async def append(database: Database, order_id: UUID, count: int) -> None:
    """So many transitions of that order, back and forth between two statuses."""
    for begun in range(0, count, TOGETHER):
        async with database.writing() as transaction:
            for _ in range(min(TOGETHER, count - begun)):
                await _move(transaction, order_id)


async def _move(transaction: Transaction, order_id: UUID) -> None:
    last = sa.select(sa.func.max(CHANGES.c.sequence)).where(CHANGES.c.order_id == order_id).scalar_subquery()
    wanted = sa.select(ORDERS, last.label("moved")).where(ORDERS.c.id == order_id).with_for_update()
    order = (await transaction.session.execute(wanted)).one()
    moved = (order.moved or 0) + len(transaction.changes)
    target = OrderStatus.CONFIRMATION if moved % 2 else OrderStatus.DOCUMENTS_REQUESTED
    transaction.changes.append(
        Change(
            position=0,  # taken at the end of the transaction
            order_id=order_id,
            customer_id=order.customer_id,
            version=order.version + 1,
            kind=ChangeKind.TRANSITION,
            at=transaction.now,
            actor=ActorKind.STAFF,
            sequence=moved + 1,
            from_status=order.status if moved else None,
            to_status=target,
            currency=order.currency,
            total=order.total,
        )
    )
    changed = {"version": order.version + 1, "status": target, "updated_at": transaction.now}
    await transaction.session.execute(sa.update(ORDERS).where(ORDERS.c.id == order_id).values(changed))


@asynccontextmanager
async def announcing(database: Database, broadcast_url: str) -> AsyncIterator[None]:
    """What is committed is told to all servers."""
    hints = Hints(open_broadcast(broadcast_url))
    telling: set[asyncio.Task[None]] = set()

    def announce(position: int) -> None:
        task = asyncio.create_task(hints.publish(position))
        telling.add(task)
        task.add_done_callback(telling.discard)

    await hints.start()
    database.announce = announce
    try:
        yield
    finally:
        await hints.stop()


async def main(database_url: str, broadcast_url: str) -> None:
    """Until its input ends."""
    database = Database(database_url, pool_size=1)
    try:
        async with announcing(database, broadcast_url):
            while line := await asyncio.to_thread(sys.stdin.readline):
                order_id, count = line.split()
                await append(database, UUID(order_id), int(count))
                sys.stdout.write("done\n")
                sys.stdout.flush()
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
