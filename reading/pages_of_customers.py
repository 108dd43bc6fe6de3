"""A page of the orders of each of many customers, in one statement."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.database import Selecting
from reading.orders import OrderFilter, OrderSort, select_orders
from reading.paging import Page, Window, page_of
from reading.scope import TABLE


async def pages_of_customers(
    session: Selecting,
    customer_ids: Collection[UUID],
    *,
    columns: Collection[str],
    filters: OrderFilter,
    sort: OrderSort,
    window: Window,
) -> dict[UUID, Page]:
    """Of customers that the caller knows to be visible. Each part reads its own index and stops at its own size.

    Raises BadCursor."""
    keyset = sort.keyset(filters)
    query = select_orders({*columns, *sort.keys}).where(*filters.conditions())
    parts = [
        sa.select(keyset.window(query.where(TABLE.c.customer_id == each), window).subquery()) for each in customer_ids
    ]
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in await session.execute(sa.union_all(*parts) if len(parts) > 1 else parts[0]):
        found[row.customer_id].append(row)
    return {each: page_of(found[each], window, keyset, sort.keys) for each in customer_ids}


async def counts_of_customers(
    session: Selecting, customer_ids: Collection[UUID], *, filters: OrderFilter
) -> dict[UUID, int]:
    """How many orders each has; not capped, since one customer's are read off one index."""
    query = (
        sa.select(TABLE.c.customer_id, sa.func.count())
        .where(TABLE.c.customer_id.in_(customer_ids), *filters.conditions())
        .group_by(TABLE.c.customer_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
