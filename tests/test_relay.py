"""The relay: one process at a time works, whatever fails is not in the others' way."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from duties import rounds
from duties.lease import hold
from duties.rounds import Round
from models.database import Database
from models.lease import Lease
from relay import LEASE, Relay
from tests.running import Running

LEASE_SECONDS = 0.6


def a_round(database: Database, do: Callable[[UUID], Awaitable[object]], *keys: UUID) -> Round:
    async def due() -> sa.Select[UUID]:
        return sa.union_all(*(sa.select(sa.literal(key, sa.Uuid())) for key in keys)).subquery().select()

    return Round(database, "test", due, do)


async def leased(database: Database) -> Lease:
    async with database.reading() as session:
        return await session.get_one(Lease, LEASE)


def test_the_lease_is_renewed_while_something_takes_long(running: Running) -> None:
    database, begun = running.database, asyncio.Event()

    async def hang(_key: UUID) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def story() -> None:
        relay = Relay(database, [a_round(database, hang, uuid4())], lease_seconds=LEASE_SECONDS)
        work = asyncio.create_task(relay.run())
        async with asyncio.timeout(20):
            await begun.wait()
            taken = await leased(database)
            while (await leased(database)).until <= taken.until:  # noqa: ASYNC110 (nothing tells when it is renewed)
                await asyncio.sleep(0.02)
        assert not await hold(database, LEASE, "another", for_seconds=60)
        work.cancel()
        await asyncio.wait([work])
        assert await hold(database, LEASE, "another", for_seconds=0)  # it was given back

    running.do(story())


def test_who_has_lost_the_lease_stops_at_once(running: Running) -> None:
    database, begun, ended = running.database, asyncio.Event(), asyncio.Event()

    async def hang(_key: UUID) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def story() -> None:
        relay = Relay(database, [a_round(database, hang, uuid4())], lease_seconds=LEASE_SECONDS)
        work = asyncio.create_task(relay.run())
        async with asyncio.timeout(20):
            await begun.wait()
            async with database.writing() as tx:
                await tx.session.execute(sa.update(Lease).values(holder="another", until=tx.now.replace(year=2999)))
            await ended.wait()
        assert not work.done()
        work.cancel()
        await asyncio.wait([work])
        assert (await leased(database)).holder == "another"
        async with database.writing() as tx:
            await tx.session.execute(sa.delete(Lease))

    running.do(story())


def test_a_round_that_cannot_even_be_looked_for_holds_up_no_other(running: Running) -> None:
    database, done = running.database, []

    async def broken() -> sa.Select[UUID]:
        raise RuntimeError("no such table")

    async def do(key: UUID) -> None:
        done.append(key)

    key = uuid4()
    relay = Relay(database, [Round(database, "broken", broken, do), a_round(database, do, key)])

    assert running.do(relay.run_once()) == 1
    assert done == [key]


def test_a_round_that_takes_long_leaves_the_rest_for_the_next(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "LONGEST_ROUND", -1)
    done: list[UUID] = []

    async def do(key: UUID) -> None:
        done.append(key)

    assert running.do(a_round(running.database, do, uuid4(), uuid4()).go()) == 1
    assert len(done) == 1
