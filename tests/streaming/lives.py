"""Orders that live without rules: what tests of the stream write into the log, and how they read it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa

from models.account import Account, AccountKind
from models.change import ActorKind, Change, ChangeKind
from models.database import Database, Transaction
from models.migrating import upgrade
from models.order import Order, OrderStatus
from streaming.following import follow
from streaming.hints import Hints, open_broadcast
from streaming.interest import Interest
from streaming.log import ChangeRow, current_place, read_changes
from streaming.place import Place
from streaming.ring import StreamStopped
from streaming.tailer import Tailer

ALL: Final = Interest()
DEADLINE: Final = 30.0
OTHER_KINDS: Final = (ChangeKind.PAYMENT, ChangeKind.REFUND, ChangeKind.DOCUMENTS)


@dataclass
class Life:
    """One order; `customer_id` is of an account that exists."""

    customer_id: UUID
    id: UUID = field(default_factory=uuid4)
    version: int = 0
    sequence: int = 0
    status: OrderStatus | None = None

    def change(self, tx: Transaction, to: OrderStatus | None = None, kind: ChangeKind = ChangeKind.PAYMENT) -> None:
        """A transition if it leads somewhere, a change of that kind otherwise; the first creates the order."""
        if self.version == 0:
            assert to
            tx.session.add(self._order(tx, to))
        self.version += 1
        change = Change(
            position=0,
            order_id=self.id,
            customer_id=self.customer_id,
            version=self.version,
            kind=kind,
            at=tx.now,
            actor=ActorKind.SYSTEM,
            currency="EUR",
            total=1200,
        )
        if to:
            self.sequence += 1
            change.kind, change.sequence = ChangeKind.TRANSITION, self.sequence
            change.from_status, change.to_status, self.status = self.status, to, to
        tx.changes.append(change)

    def _order(self, tx: Transaction, status: OrderStatus) -> Order:
        return Order(
            id=self.id,
            number=1_000_000_000 + self.id.int % 9_000_000_000,
            customer_id=self.customer_id,
            status=status,
            version=1,
            created_at=tx.now,
            updated_at=tx.now,
            expires_at=tx.now,
            currency="EUR",
            subtotal=1000,
            total_without_tax=1000,
            tax=200,
            total=1200,
            billing={},
            delivery_minutes=5,
        )


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        await upgrade(database.engine)
        yield database
    finally:
        await database.close()


async def new_customer(database: Database) -> UUID:
    customer = uuid4()
    async with database.writing() as tx:
        email = f"{customer.hex}@example.com"
        tx.session.add(Account(id=customer, kind=AccountKind.STAFF, email=email, name="N", created_at=tx.now))
    return customer


async def new_life(database: Database) -> Life:
    life = Life(await new_customer(database))
    async with database.writing() as tx:
        life.change(tx, OrderStatus.UNPAID)
    return life


async def write(database: Database, life: Life, changes: int = 1) -> None:
    """So many transitions, a transaction each."""
    for _ in range(changes):
        async with database.writing() as tx:
            life.change(tx, OrderStatus.CONFIRMATION)


async def write_at_random(database: Database, lives: Sequence[Life], changes: int, chance: random.Random) -> None:
    """In transactions of one to three changes."""
    while changes > 0:
        async with database.writing() as tx:
            for _ in range(min(changes, chance.randint(1, 3))):
                life = chance.choice(lives)
                to = chance.choice([*OrderStatus, None]) if life.version else OrderStatus.UNPAID
                life.change(tx, to, chance.choice(OTHER_KINDS))
                changes -= 1


async def whole_log(database: Database) -> list[ChangeRow]:
    async with database.reading() as session:
        return [*await read_changes(session, after=0, upto=None, limit=1_000_000)]


async def execute(database: Database, *statements: sa.Executable) -> None:
    """In one transaction, behind the back of all that writes to the log."""
    async with database.engine.connect() as connection:
        await connection.execution_options(writing=True)
        async with connection.begin():
            for statement in statements:
                await connection.execute(statement)


@asynccontextmanager
async def tailing(database: Database, *, poll_seconds: float = 0.02, ring_size: int = 4096) -> AsyncIterator[Tailer]:
    """A tailer that no hint reaches, unless a test publishes one."""
    hints = Hints(open_broadcast("memory://"))
    tailer = Tailer(database, hints, poll_seconds=poll_seconds, ring_size=ring_size)
    await tailer.start()
    try:
        yield tailer
    finally:
        await tailer.stop()


class Follower:
    """Follows in a task of its own; `seen` grows as it goes."""

    def __init__(self, tailer: Tailer, interest: Interest = ALL, *, after: Place | None) -> None:
        self.seen: list[ChangeRow] = []
        self.task = asyncio.create_task(self._follow(tailer, interest, after))

    async def _follow(self, tailer: Tailer, interest: Interest, after: Place | None) -> list[ChangeRow]:
        with contextlib.suppress(StreamStopped):
            async for change in follow(tailer, interest, after=after):
                self.seen.append(change)
        return self.seen


async def all_of(tailer: Tailer, *followers: Follower) -> list[list[ChangeRow]]:
    """What they saw when everything committed was read; it ends the tailer."""
    await tailer.wait_beyond((await current_place(tailer.database)).position - 1)
    return await seen_by(tailer, *followers)


async def seen_by(tailer: Tailer, *followers: Follower) -> list[list[ChangeRow]]:
    """All that the tailer had read: a stopped stream ends its followers when they have that, and not before."""
    await tailer.stop()
    return await asyncio.gather(*(follower.task for follower in followers))


async def nudge(tailer: Tailer) -> None:
    """A hint. It says nothing true, which must not matter."""
    await tailer._hints.publish(1)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110  # conditions of every kind
            await asyncio.sleep(0.005)


def run(story: Coroutine[Any, Any, None]) -> None:
    """With a deadline for all that it waits for."""

    async def bounded() -> None:
        async with asyncio.timeout(2 * DEADLINE):
            await story

    asyncio.run(bounded())
