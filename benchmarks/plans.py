"""How PostgreSQL answers the statement of a page, and how long that takes it by its own account."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from benchmarks.cases import SIZE, Case, read
from benchmarks.orders import Crowd


@dataclass(frozen=True, slots=True)
class Plan:
    """`milliseconds`: of planning and running it."""

    nodes: tuple[str, ...]
    milliseconds: float

    @property
    def faults(self) -> list[str]:
        """What makes a page cost more the more orders there are: sorting them, or looking through them."""
        return [node for node in self.nodes if "Sort" in node or node == "Seq Scan on orders"]


@dataclass(frozen=True, slots=True)
class Statement:
    """As it went to the database."""

    text: str
    parameters: Any


async def statement_of(engine: AsyncEngine, crowd: Crowd, case: Case, cursor: str | None) -> Statement:
    """The one statement that a page is read by. Raises RuntimeError where it was not one, or the page is not full."""
    seen: list[Statement] = []

    def note(*event: Any) -> None:
        seen.append(Statement(event[2], event[3]))

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        async with AsyncSession(engine) as session:
            found = await read(session, crowd, case, cursor)
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", note)
    if len(seen) != 1 or found != SIZE:
        raise RuntimeError(f"{case}: {len(seen)} statements, {found} orders")
    return seen[0]


async def explain(connection: AsyncConnection, statement: Statement) -> Plan:
    """Runs it."""
    text = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.text}"
    explained = (await connection.exec_driver_sql(text, statement.parameters)).scalar_one()[0]
    return Plan(tuple(_nodes(explained["Plan"])), explained["Planning Time"] + explained["Execution Time"])


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    relation = plan.get("Relation Name")
    yield f"{plan['Node Type']} on {relation}" if relation else plan["Node Type"]
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
