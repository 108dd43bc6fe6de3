"""Pages of orders on PostgreSQL: each is read off one index, without sorting and without looking at all orders."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.cases import Case, all_cases, cursor_of
from benchmarks.orders import Crowd, fill
from benchmarks.plans import Plan, explain, statement_of
from models.engine import create_engine
from models.migrating import upgrade
from tests.peers.postgresql import PostgreSQL

ORDERS = 50_000


class Shop:
    """A database with many orders; work on it runs in a loop of its own."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self.engine: AsyncEngine = create_engine(url, pool_size=2)
        self.crowd: Crowd = self._runner.run(self._open())

    def plan(self, case: Case) -> Plan:
        return self._runner.run(self._plan(case))

    def close(self) -> None:
        self._runner.run(self.engine.dispose())
        self._runner.close()

    async def _open(self) -> Crowd:
        await upgrade(self.engine)
        return await fill(self.engine, ORDERS)

    async def _plan(self, case: Case) -> Plan:
        cursor = await cursor_of(self.engine, self.crowd, case)
        statement = await statement_of(self.engine, self.crowd, case, cursor)
        async with self.engine.connect() as connection:
            return await explain(connection, statement)


@pytest.fixture(scope="module")
def shop(postgresql: PostgreSQL) -> Iterator[Shop]:
    opened = Shop(postgresql.create_database("page_plans"))
    yield opened
    opened.close()
    postgresql.drop_database("page_plans")


def _name(case: Any) -> str:
    return f"{case.column}, {case.row}{', deep' if case.deep else ''}"


@pytest.mark.xdist_group("page_plans")
@pytest.mark.parametrize("case", list(all_cases()), ids=_name)
def test_a_page_is_read_off_an_index(shop: Shop, case: Case) -> None:
    """Neither the first page nor one from the middle of the list sorts anything, or reads the whole table."""
    plan = shop.plan(case)

    assert plan.faults == []
    assert any("Index" in node for node in plan.nodes), plan
