"""Pages out of a thousand and out of a million orders, and one page beside other ways to answer it, on PostgreSQL 18.

`make bench-pages` prints the tables and writes them to docs/benchmarks/pages.md. Takes some ten minutes, runs on Linux.
"""

import asyncio
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.cases import SIZE, Case, all_cases, cursor_of
from benchmarks.measuring import Subject
from benchmarks.orders import Crowd, fill
from benchmarks.plans import Statement, explain, statement_of
from benchmarks.report import OURS, Report
from benchmarks.servers import our_server, peer
from models.account import AccountKind
from models.engine import create_engine
from models.migrating import upgrade
from tests.peers.postgresql import PostgreSQL

FEW: Final = 1_000
MANY: Final = 1_000_000
ROUNDS: Final = 7
#: Of one page in one round, of which the quickest counts.
REQUESTS: Final = 4
ROOT: Final = Path(__file__).resolve().parents[1]
PEERS: Final = {
    "one hand-written statement behind bare ASGI": "benchmarks.peers.one_statement",
    "stock Strawberry over the ORM with selectinload": "benchmarks.peers.stock_strawberry",
}


@dataclass(slots=True)
class Shop:
    """A database with its orders, and for each case where its page begins and by which statement it is read."""

    url: str
    engine: AsyncEngine
    crowd: Crowd
    cursors: dict[Case, str | None] = field(default_factory=dict)
    statements: dict[Case, Statement] = field(default_factory=dict)

    @classmethod
    async def open(cls, url: str, size: int) -> "Shop":
        engine = create_engine(url, pool_size=2)
        await upgrade(engine)
        shop = cls(url, engine, await fill(engine, size))
        for case in all_cases():
            shop.cursors[case] = await cursor_of(engine, shop.crowd, case)
            shop.statements[case] = await statement_of(engine, shop.crowd, case, shop.cursors[case])
        return shop


async def main() -> None:
    with PostgreSQL() as server, TemporaryDirectory() as folder:
        shops = {}
        for size in (FEW, MANY):
            say(f"filling a database with {size:,} orders")
            shops[size] = await Shop.open(server.create_database(f"orders_{size}"), size)
        report = Report(few=FEW, many=MANY, rounds=ROUNDS, requests=REQUESTS)
        say("asking PostgreSQL how long each page takes it")
        await measure_statements(shops, report)
        say("asking for each page over HTTP")
        measure_requests(shops, Path(folder), report)
        say("asking for one page in three ways")
        measure_peers(shops[MANY], Path(folder), report)
        for shop in shops.values():
            await shop.engine.dispose()
    text = report.text()
    print(text)
    (ROOT / "docs/benchmarks/pages.md").write_text(text)
    if report.sorted_or_scanned:
        sys.exit("not read off an index:\n" + "\n".join(report.sorted_or_scanned))


async def measure_statements(shops: dict[int, Shop], report: Report) -> None:
    """Of a thousand orders the planner may rightly sort the few that a customer has in one status; not of a million."""
    for number, case, size in rounds(shops):
        async with shops[size].engine.connect() as connection:
            plans = [await explain(connection, shops[size].statements[case]) for _ in range(REQUESTS)]
        report.statement(case, size, min(plan.milliseconds for plan in plans))
        if number == 0 and size == MANY and plans[0].faults:
            report.sorted_or_scanned.append(f"{case.column}, {case.row}: {plans[0].faults}")


def measure_requests(shops: dict[int, Shop], folder: Path, report: Report) -> None:
    document = (ROOT / "queries/my_orders.graphql").read_text()
    with ExitStack() as stack:
        doors = {size: stack.enter_context(our_server(shop.url, shop.crowd, folder)) for size, shop in shops.items()}
        for _, case, size in rounds(shops):
            body = {"query": document, "variables": case.variables(shops[size].cursors[case])}
            subject = doors[size][case.kind]
            if len(subject.ask(body)["orders"]["nodes"]) != SIZE:
                raise RuntimeError(f"{case}: not a page of {SIZE}")
            report.request(case, size, subject.measure(body, REQUESTS))


def measure_peers(shop: Shop, folder: Path, report: Report) -> None:
    body = {"query": (ROOT / "queries/order_overview.graphql").read_text(), "variables": {"first": SIZE}}
    with ExitStack() as stack:
        subjects: dict[str, Subject] = {
            OURS: stack.enter_context(our_server(shop.url, shop.crowd, folder))[AccountKind.STAFF],
            **{name: stack.enter_context(peer(module, shop.url, folder)) for name, module in PEERS.items()},
        }
        answers = {name: gist(subject.ask(body)) for name, subject in subjects.items()}
        if any(answer != answers[OURS] for answer in answers.values()):
            raise RuntimeError("the answers differ")
        for subject in subjects.values():
            subject.measure(body, REQUESTS)  # not counted: the first ones are slower
        for _ in range(ROUNDS):
            samples = {name: each.measure(body, 5 * REQUESTS) for name, each in subjects.items()}
            report.peers.append({name: statistics.mean(each.cpu for each in some) for name, some in samples.items()})


def gist(data: dict[str, dict[str, list[dict[str, dict[str, object]]]]]) -> list[object]:
    """What of an answer does not depend on how ids are written."""
    return [
        (node["number"], node["status"], node["purchaseOrder"], node["total"])
        for node in (edge["node"] for edge in data["orders"]["edges"])
    ]


def rounds(sizes: dict[int, Shop]) -> Iterator[tuple[int, Case, int]]:
    """Few and many side by side, in turn first, so that whatever else the machine does meets both."""
    cases = list(all_cases())
    for number in range(ROUNDS):
        for case in cases:
            for size in sorted(sizes, reverse=bool(number % 2)):
                yield number, case, size


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
