"""Orders: one, a page of them, how many there are."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from access.principal import Principal
from models.database import Selecting
from models.order import SORTS, OrderLine, OrderStatus
from ordering.references import number_of
from reading.paging import Keyset, Page, Window, page_of
from reading.scope import TABLE, visible_orders

#: Counting stops here: the number above it means "more".
COUNT_LIMIT: Final = 10_000

_LINES: Final = sa.inspect(OrderLine).local_table.c
#: Read always: what an order is found by, and what all amounts are in.
BASE: Final = ("id", "customer_id", "currency", "version")
EVERY_COLUMN: Final = frozenset(TABLE.c.keys())

_DIGITS: Final = 10


class OrderSortField(StrEnum):
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    TOTAL = "TOTAL"
    NUMBER = "NUMBER"


_SORT_COLUMNS: Final[Mapping[OrderSortField, tuple[str, ...]]] = {
    OrderSortField.CREATED_AT: SORTS["created"],
    OrderSortField.UPDATED_AT: SORTS["updated"],
    OrderSortField.TOTAL: SORTS["total"],
    OrderSortField.NUMBER: SORTS["number"],
}


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """All that is given must hold. `created_from` is inclusive, `created_to` exclusive; an empty `status` matches none.
    `number`: its first digits, or the reference of its transfer; `search`: the same, or in descriptions of lines."""

    status: tuple[OrderStatus, ...] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    number: str | None = None
    customer_id: UUID | None = None
    search: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = []
        if self.status is not None:
            # One status by equality: so the index that begins with it gives the rows in order.
            found.append(TABLE.c.status == self.status[0] if len(self.status) == 1 else TABLE.c.status.in_(self.status))
        if self.created_from is not None:
            found.append(TABLE.c.created_at >= self.created_from)
        if self.created_to is not None:
            found.append(TABLE.c.created_at < self.created_to)
        if self.number is not None:
            found.append(_number_begins_with(self.number))
        if self.customer_id is not None:
            found.append(TABLE.c.customer_id == self.customer_id)
        if self.search is not None:
            found.append(_mentions(self.search))
        return found


@dataclass(frozen=True, slots=True)
class OrderSort:
    field: OrderSortField = OrderSortField.CREATED_AT
    descending: bool = True

    def keyset(self, filters: OrderFilter) -> Keyset:
        """Its cursors are bound to the filter."""
        columns = tuple(TABLE.c[name] for name in _SORT_COLUMNS[self.field])
        binding = hashlib.sha256(orjson.dumps(asdict(filters), default=str)).hexdigest()
        return Keyset(columns, self.descending, f"orders|{self.field}|{binding}")

    @property
    def keys(self) -> Sequence[str]:
        return _SORT_COLUMNS[self.field]


async def page_of_orders(
    session: Selecting,
    principal: Principal,
    *,
    columns: Collection[str],
    filters: OrderFilter,
    sort: OrderSort,
    window: Window,
) -> Page:
    """One statement, whatever the size. Raises BadCursor."""
    keyset = sort.keyset(filters)
    query = select_orders({*columns, *sort.keys}).where(visible_orders(principal), *filters.conditions())
    found = (await session.execute(keyset.window(query, window))).all()
    return page_of(found, window, keyset, sort.keys)


async def count_orders(session: Selecting, principal: Principal, *, filters: OrderFilter) -> int:
    """Exact up to COUNT_LIMIT, one more than that where there are more."""
    some = sa.select(sa.literal(1)).select_from(TABLE).where(visible_orders(principal), *filters.conditions())
    counted = sa.select(sa.func.count()).select_from(some.limit(COUNT_LIMIT + 1).subquery())
    return int((await session.execute(counted)).scalar_one())


async def find_order(
    session: Selecting, principal: Principal, columns: Collection[str], *, id: UUID | None = None, number: str = ""
) -> Any | None:
    """By its id, or else by its number; None where there is none that this principal may see."""
    if id is not None:
        condition: sa.ColumnElement[bool] = TABLE.c.id == id
    elif len(number) == _DIGITS and number.isascii() and number.isdigit():
        condition = TABLE.c.number == int(number)
    else:
        return None
    query = select_orders(columns).where(visible_orders(principal), condition)
    return (await session.execute(query)).one_or_none()


def select_orders(columns: Collection[str]) -> sa.Select[Any]:
    """Only what is asked for, and what everything needs."""
    wanted = {*BASE, *columns}
    return sa.select(*(column for column in TABLE.c if column.key in wanted))


def _number_begins_with(digits: str) -> sa.ColumnElement[bool]:
    """Numbers all have ten digits, so those with the same beginning are a range."""
    if (whole := number_of(digits)) is not None:
        return TABLE.c.number == whole
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        return sa.false()
    width = 10 ** (_DIGITS - len(digits))
    return TABLE.c.number.between(int(digits) * width, (int(digits) + 1) * width - 1)


def _mentions(words: str) -> sa.ColumnElement[bool]:
    line = sa.exists().where(_LINES.order_id == TABLE.c.id, _LINES.description.icontains(words, autoescape=True))
    is_number = words.isdigit() or number_of(words) is not None
    return sa.or_(line, _number_begins_with(words)) if is_number else line


async def count_by_status(session: Selecting, principal: Principal) -> list[tuple[OrderStatus, str, int, int]]:
    """(status, currency, how many, their total in minor units) of all orders that the principal may see."""
    query = (
        sa.select(TABLE.c.status, TABLE.c.currency, sa.func.count(), sa.func.sum(TABLE.c.total))
        .where(visible_orders(principal))
        .group_by(TABLE.c.status, TABLE.c.currency)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in await session.execute(query)]
