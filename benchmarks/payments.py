"""Paying through the front door beside the bare SQL of a payment, on both databases, with few orders and with many.

`make bench-payments` prints the tables and writes them to docs/benchmarks/payments.md and .json. Takes a quarter of an
hour and runs on Linux; `--quick` takes a minute, to see whether it works, and writes nothing.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from benchmarks.copying import copy
from benchmarks.orders import fill
from benchmarks.paying import Paid, Subject, bare, our_server
from benchmarks.payments_report import report
from benchmarks.to_pay import Shop
from models.engine import create_engine
from models.migrating import upgrade
from tests.peers.postgresql import PostgreSQL

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs/benchmarks"


@dataclass(frozen=True, slots=True)
class Plan:
    """`sizes`: orders in the database; `payments`: of one turn; `warm_up`: those that are not counted."""

    sizes: tuple[int, int]
    rounds: int
    payments: int
    warm_up: int
    clients: tuple[int, ...] = (1, 8)


FULL: Final = Plan(sizes=(1_000, 1_000_000), rounds=7, payments=160, warm_up=160)
QUICK: Final = Plan(sizes=(1_000, 2_000), rounds=2, payments=40, warm_up=40)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.payments", description="Measures paying.")
    parser.add_argument("--quick", action="store_true", help="few orders and rounds, and nothing is written")
    plan = QUICK if parser.parse_args().quick else FULL
    with TemporaryDirectory() as scratch, PostgreSQL(durable=True) as server:
        paid = asyncio.run(_run(plan, server, Path(scratch)))
    text = report(plan.sizes, plan.rounds, plan.payments, paid)
    print(text)
    if plan is FULL:
        (FOLDER / "payments.md").write_text(text)
        (FOLDER / "payments.json").write_text(json.dumps([asdict(each) for each in paid], indent=1) + "\n")


async def _run(plan: Plan, server: PostgreSQL, folder: Path) -> list[Paid]:
    shops = [shop for size in plan.sizes for shop in await _open(server, folder, size)]
    paid: list[Paid] = []
    async with AsyncExitStack() as stack:
        everyone = [
            (shop, subject)
            for shop in shops
            for subject in await stack.enter_async_context(_subjects(shop, folder, server))
        ]
        for shop, subject in everyone:
            await subject.pay(await shop.place(plan.warm_up), clients=max(plan.clients), round=-1)
        for number in range(plan.rounds):
            say(f"round {number + 1} of {plan.rounds}")
            for clients in plan.clients:
                # In another order each time, so that whatever else the machine does meets all of them.
                turn = number % len(everyone)
                for shop, subject in everyone[turn:] + everyone[:turn]:
                    orders = await shop.place(plan.payments)
                    paid.append(await subject.pay(orders, clients=clients, round=number))
    for shop in shops:
        await shop.close()
    return paid


async def _open(server: PostgreSQL, folder: Path, size: int) -> list[Shop]:
    """The same orders on both."""
    say(f"filling two databases with {size:,} orders")
    url = server.create_database(f"orders_{size}")
    path = folder / f"orders_{size}.sqlite3"
    local = f"sqlite+aiosqlite:///{path}"
    for each in (local, url):
        engine = create_engine(each, pool_size=2)
        await upgrade(engine)
        await engine.dispose()
    engine = create_engine(url, pool_size=2)
    crowd = await fill(engine, size)
    await engine.dispose()
    copy(url, path)
    return [Shop("PostgreSQL", url, size, crowd), Shop("SQLite", local, size, crowd)]


@asynccontextmanager
async def _subjects(shop: Shop, folder: Path, server: PostgreSQL) -> AsyncIterator[list[Subject]]:
    database = psutil.Process(server.pid) if shop.store == "PostgreSQL" else None
    with our_server(shop, folder, database) as ours, bare(shop, folder, database) as sql:
        yield [ours, sql]


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
