"""The pages that are measured: each sort, both ways, for staff and for one customer, of all or of one status."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from access.principal import Principal
from benchmarks.orders import COMMON, RARE, Crowd
from models.account import AccountKind
from models.order import OrderStatus
from reading.orders import OrderFilter, OrderSort, OrderSortField, page_of_orders
from reading.paging import Window
from reading.scope import TABLE, visible_orders

SIZE = 20
#: How far down the list a deep page is, or in its middle if that is nearer.
DEPTH = 100_000
#: What queries/my_orders.graphql needs of an order.
COLUMNS = frozenset({"number", "created_at", "status", "total"})


@dataclass(frozen=True, slots=True)
class Case:
    """`deep`: a page from far down the list instead of its first one."""

    kind: AccountKind
    status: OrderStatus | None
    deep: bool
    sort: OrderSort

    @property
    def filters(self) -> OrderFilter:
        return OrderFilter(status=None if self.status is None else (self.status,))

    @property
    def row(self) -> str:
        return f"{self.sort.field} {'DESC' if self.sort.descending else 'ASC'}"

    @property
    def column(self) -> str:
        status = {None: "all", COMMON: "common status", RARE: "rare status"}[self.status]
        return f"{self.kind.lower()}: {status}"

    def principal(self, crowd: Crowd) -> Principal:
        login = crowd.staff if self.kind is AccountKind.STAFF else crowd.customer
        return Principal(login.account, self.kind, login.session, datetime.max.replace(tzinfo=UTC))

    def variables(self, cursor: str | None) -> dict[str, Any]:
        direction = "DESC" if self.sort.descending else "ASC"
        return {
            "first": SIZE,
            "after": cursor,
            "filter": {} if self.status is None else {"status": [self.status]},
            "sort": {"field": self.sort.field, "direction": direction},
        }


def all_cases() -> Iterator[Case]:
    """96 of them."""
    for field, descending, kind, status, deep in itertools.product(
        OrderSortField, (True, False), AccountKind, (None, COMMON, RARE), (False, True)
    ):
        yield Case(kind, status, deep, OrderSort(field, descending))


async def cursor_of(engine: AsyncEngine, crowd: Crowd, case: Case) -> str | None:
    """The place that a case's page begins after, with a whole page and more behind it."""
    if not case.deep:
        return None
    keyset = case.sort.keyset(case.filters)
    conditions = (visible_orders(case.principal(crowd)), *case.filters.conditions())
    counted = sa.select(sa.func.count()).select_from(TABLE).where(*conditions)
    places = sa.select(*keyset.columns).where(*conditions)
    ordered = places.order_by(*(c.desc() if case.sort.descending else c.asc() for c in keyset.columns))
    async with AsyncSession(engine) as session:
        await session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        count = (await session.execute(counted)).scalar_one()
        offset = min(DEPTH, count // 2, count - SIZE - 2)
        return keyset.encode((await session.execute(ordered.offset(offset).limit(1))).one())


async def read(session: AsyncSession, crowd: Crowd, case: Case, cursor: str | None) -> int:
    """Reads the page as the server does; how many orders are on it."""
    page = await page_of_orders(
        session,
        case.principal(crowd),
        columns=COLUMNS,
        filters=case.filters,
        sort=case.sort,
        window=Window.of(SIZE, cursor, None, None),
    )
    return len(page.rows)
