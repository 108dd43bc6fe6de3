"""Held payments, which are for staff: a page at a time, the oldest first, and by their ids."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from access.principal import Principal
from models.database import Selecting
from models.held import HeldPayment, HeldReason
from reading.orders import COUNT_LIMIT
from reading.paging import Keyset, Page, Window, page_of

TABLE: Final = sa.inspect(HeldPayment).local_table


@dataclass(frozen=True, slots=True)
class HeldFilter:
    """All that is given must hold; an empty `reason` matches none."""

    resolved: bool | None = False
    reason: tuple[HeldReason, ...] | None = None
    order_id: UUID | None = None

    def conditions(self, principal: Principal) -> list[sa.ColumnElement[bool]]:
        found = [visible_held(principal)]
        if self.resolved is not None:
            found.append(TABLE.c.resolved_at.is_not(None) if self.resolved else TABLE.c.resolved_at.is_(None))
        if self.reason is not None:
            found.append(TABLE.c.reason.in_(self.reason))
        if self.order_id is not None:
            found.append(TABLE.c.order_id == self.order_id)
        return found

    @property
    def keyset(self) -> Keyset:
        """Its cursors are bound to the filter."""
        binding = f"held|{self.resolved}|{self.reason}|{self.order_id}"
        return Keyset((TABLE.c.held_at, TABLE.c.id), descending=False, binding=binding)


def visible_held(principal: Principal) -> sa.ColumnElement[bool]:
    return sa.true() if principal.is_staff else sa.false()


async def page_of_held(session: Selecting, principal: Principal, filters: HeldFilter, window: Window) -> Page:
    """One statement, whatever the size. Raises BadCursor."""
    query = sa.select(*TABLE.c).where(*filters.conditions(principal))
    found = (await session.execute(filters.keyset.window(query, window))).all()
    return page_of(found, window, filters.keyset, ("held_at", "id"))


async def count_held(session: Selecting, principal: Principal, filters: HeldFilter) -> int:
    """Exact up to COUNT_LIMIT, one more than that where there are more."""
    some = sa.select(sa.literal(1)).select_from(TABLE).where(*filters.conditions(principal)).limit(COUNT_LIMIT + 1)
    return int((await session.execute(sa.select(sa.func.count()).select_from(some.subquery()))).scalar_one())


async def find_held_payments(session: Selecting, principal: Principal, ids: Collection[UUID]) -> list[Any]:
    """Those that there are, the oldest first."""
    query = sa.select(*TABLE.c).where(TABLE.c.id.in_(ids), visible_held(principal))
    return list((await session.execute(query.order_by(TABLE.c.held_at, TABLE.c.id))).all())
