"""How PostgreSQL answers the statement of a page, and how long that takes it by its own account."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from benchmarks.cases import SIZE, Case, read
from benchmarks.orders import Crowd

#: Blocks. The planner may well take an index that holds other customers' orders, too, where a page is full soon all the
#: same; of the pages here none needs more than 200, and one that is looked for along the list thousands.
FEW = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """`blocks`: of the table and its indexes, that were looked at. `milliseconds`: of planning and running it."""

    nodes: tuple[str, ...]
    blocks: int
    milliseconds: float

    @property
    def faults(self) -> list[str]:
        """What makes a page cost more the more orders there are: sorting them, or looking through them."""
        found = [node for node in self.nodes if "Sort" in node or node == "Seq Scan on orders"]
        return [*found, f"{self.blocks} blocks"] if self.blocks > FEW else found


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
    text = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement.text}"
    explained = (await connection.exec_driver_sql(text, statement.parameters)).scalar_one()[0]
    nodes = list(_nodes(explained["Plan"]))
    return Plan(
        tuple(_name(node) for node in nodes),
        nodes[0]["Shared Hit Blocks"] + nodes[0]["Shared Read Blocks"],
        explained["Planning Time"] + explained["Execution Time"],
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _name(node: dict[str, Any]) -> str:
    relation = node.get("Relation Name")
    return f"{node['Node Type']} on {relation}" if relation else node["Node Type"]
