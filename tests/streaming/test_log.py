"""The order of the log is the order of commits, whoever commits and however many at once."""

import asyncio
import random
from copy import copy
from datetime import UTC

import sqlalchemy as sa

from models.change import Change, ChangeKind
from models.database import Database
from models.order import OrderStatus
from streaming.interest import Interest
from streaming.log import CHANGES, Head, current_place, read_changes, read_head
from streaming.place import Place
from tests.streaming.lives import Follower, Life, all_of, new_customer, new_life, opened, run, tailing, whole_log

TASKS, TRANSACTIONS = 20, 20


class RolledBack(Exception):
    """Raised to leave a transaction without a commit."""


def test_concurrent_commits_stand_in_commit_order_and_followers_see_them_so(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database, tailing(database, ring_size=50) as tailer:
            first = Follower(tailer, after=await current_place(database))
            lives = [Life(await new_customer(database)) for _ in range(TASKS)]
            pairs: list[tuple[int, int]] = []
            done = asyncio.Event()
            watch = asyncio.create_task(_sees_only_beginnings(database, done))

            async with asyncio.TaskGroup() as tasks:
                for seed, life in enumerate(lives):
                    tasks.create_task(_live(database, life, random.Random(seed), pairs))
                await tailer.wait_beyond(100)
                joined = tailer.position
                middle = Follower(tailer, after=Place(tailer.epoch, joined))
                interested = Follower(tailer, Interest(customer_id=lives[3].customer_id), after=Place(tailer.epoch, 50))
            done.set()

            assert await watch > 1
            seen = await all_of(tailer, first, middle, interested)
            log = await whole_log(database)
            assert [row.position for row in log] == [*range(1, len(log) + 1)]
            assert len(log) == sum(life.version for life in lives)
            assert len(pairs) > 100
            assert all(before < behind for before, behind in pairs)
            theirs = [row for row in log[50:] if row.customer_id == lives[3].customer_id]
            assert seen == [log, log[joined:], theirs]

    run(story())


def test_a_page_is_a_slice_of_the_log_with_all_that_a_change_has(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            life, other = await new_life(database), await new_life(database)
            async with database.writing() as tx:
                life.change(tx, kind=ChangeKind.REFUND)
                other.change(tx, OrderStatus.EXPIRED)
                life.change(tx, OrderStatus.CANCELLED)
            log = await whole_log(database)
            async with database.reading() as session:
                page = await read_changes(session, after=1, upto=4, limit=10)
                short = await read_changes(session, after=1, upto=None, limit=2)
                of_one = await read_changes(
                    session, after=0, upto=None, conditions=[CHANGES.c.order_id == life.id], limit=2
                )

            assert [*page] == log[1:4]
            assert [*short] == log[1:3]
            assert [row.position for row in of_one] == [1, 3]
            assert {*CHANGES.c.keys()} == {*log[0]._mapping} - {"epoch"}
            last = log[-1]
            assert (last.order_id, last.customer_id) == (life.id, life.customer_id)
            assert (last.kind, last.from_status, last.to_status, last.sequence, last.version) == (
                ChangeKind.TRANSITION,
                OrderStatus.UNPAID,
                OrderStatus.CANCELLED,
                2,
                3,
            )
            assert last.at.tzinfo is UTC

    run(story())


def test_the_current_place_is_behind_all_that_is_committed(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            empty = await current_place(database)
            life = await new_life(database)
            async with database.reading() as session:
                head = await read_head(session)

            assert empty == Place(head.epoch, 0)
            assert head == Head(empty.epoch, 1, 0)
            assert await current_place(database) == Place(head.epoch, 1)
            assert [Place(row.epoch, row.position) for row in await whole_log(database)] == [Place(head.epoch, 1)]
            assert life.version == 1

    run(story())


async def _live(database: Database, life: Life, chance: random.Random, pairs: list[tuple[int, int]]) -> None:
    """Some transactions, a fifth of them rolled back; each commit is paired with one that was over before it began."""
    async with database.writing() as tx:
        life.change(tx, OrderStatus.UNPAID)
    for _ in range(TRANSACTIONS):
        before = (await current_place(database)).position
        was = copy(life)
        try:
            changes = await _write(database, life, chance)
        except RolledBack:
            vars(life).update(vars(was))
        else:
            pairs += [(before, change.position) for change in changes]


async def _write(database: Database, life: Life, chance: random.Random) -> list[Change]:
    async with database.writing() as tx:
        for _ in range(chance.randint(1, 3)):
            life.change(tx, chance.choice([*OrderStatus, None]))
        await asyncio.sleep(0)  # a chance for the others to overtake
        if chance.random() < 0.2:
            # With the lock held and positions taken, as late as can be.
            await tx.session.execute(sa.text("UPDATE log_head SET position = position + 1"))
            raise RolledBack
    return tx.changes


async def _sees_only_beginnings(database: Database, done: asyncio.Event) -> int:
    """Looks again and again: were a later position visible before an earlier one, some look would find the hole."""
    looks, longest = 0, 0
    while not done.is_set():
        async with database.reading() as session:
            positions = (
                (await session.execute(sa.select(CHANGES.c.position).order_by(CHANGES.c.position))).scalars().all()
            )
        assert [*positions] == [*range(1, len(positions) + 1)]
        assert len(positions) >= longest
        looks, longest = looks + 1, len(positions)
    return looks
