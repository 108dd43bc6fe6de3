"""Who pays orders: this server through its front door, and a process that knows nothing but the SQL of it."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from benchmarks import servers
from benchmarks.stream.gauge import Gauge
from benchmarks.to_pay import Shop
from models.account import AccountKind
from schema.ids import global_id

OURS: Final = "this server"
BARE: Final = "bare SQL"
ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Paid:
    """One turn. Milliseconds for each payment: of the process, and of the database where that is another one."""

    subject: str
    store: str
    size: int
    clients: int
    round: int
    cpu: float
    database_cpu: float
    per_second: float

    @property
    def all_cpu(self) -> float:
        """Of all that works for it: SQLite works in the process itself."""
        return self.cpu + self.database_cpu


@dataclass(frozen=True, slots=True)
class Subject:
    """`_pay` pays orders by so many clients at once; `_database`: PostgreSQL's first process."""

    name: str
    shop: Shop
    pid: int
    database: Any
    work: Callable[[Sequence[UUID], int], None]

    async def pay(self, orders: Sequence[UUID], *, clients: int, round: int) -> Paid:
        """Begins once the process is idle. Raises RuntimeError where an order cannot be paid."""
        gauge = Gauge(self.pid)
        await gauge.idle()
        began, cpu, others = time.perf_counter(), gauge.cpu(), self._database_cpu()
        await asyncio.to_thread(self.work, orders, clients)
        seconds, cpu, others = time.perf_counter() - began, gauge.cpu() - cpu, self._database_cpu() - others
        count = len(orders)
        return Paid(
            self.name,
            self.shop.store,
            self.shop.size,
            clients,
            round,
            cpu=cpu / 1e6 / count,
            database_cpu=others * 1e3 / count,
            per_second=count / seconds,
        )

    def _database_cpu(self) -> float:
        """Seconds, of all its connections and what it does beside them."""
        if self.database is None:
            return 0.0
        times = (each.cpu_times() for each in [self.database, *self.database.children()])
        return float(sum(each.user + each.system for each in times))


@contextmanager
def our_server(shop: Shop, folder: Path, database: Any) -> Iterator[Subject]:
    """As in production: access, limits and the log are on. The customer pays with the sandbox's card."""
    url = shop.url.replace("+aiosqlite", "")
    document = (ROOT / "queries/pay_order.graphql").read_text()
    with servers.our_server(url, shop.crowd, folder) as doors:
        door = doors[AccountKind.CUSTOMER]
        connections = [HTTPConnection("127.0.0.1", door.port, timeout=60) for _ in range(8)]

        def work(orders: Sequence[UUID], clients: int) -> None:
            with ThreadPoolExecutor(clients) as pool:
                shares = [orders[n::clients] for n in range(clients)]
                list(pool.map(partial(_pay_all, document, door.headers), connections, shares))

        yield Subject(OURS, shop, door.pid, database, work)


def _pay_all(document: str, headers: Mapping[str, str], connection: HTTPConnection, orders: Sequence[UUID]) -> None:
    for order in orders:
        source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
        fields = {"orderId": global_id("Order", order), "idempotencyKey": str(uuid4()), "source": source}
        connection.request(
            "POST", "/graphql", orjson.dumps({"query": document, "variables": {"input": fields}}), headers
        )
        answer = orjson.loads(connection.getresponse().read())
        if "errors" in answer or answer["data"]["payOrder"]["order"]["status"] != "CONFIRMATION":
            raise RuntimeError(str(answer))
    connection.close()  # before the server does, since it waits for the others' turns


@contextmanager
def bare(shop: Shop, folder: Path, database: Any) -> Iterator[Subject]:
    """A process of its own, to which orders are named."""
    command = [sys.executable, "-m", "benchmarks.bare_payments", shop.url]
    with (
        (folder / "bare.log").open("ab") as log,
        Popen(command, stdin=PIPE, stdout=PIPE, stderr=log, cwd=ROOT, text=True) as process,
    ):
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("it was started with both")
        to, back = process.stdin, process.stdout

        def work(orders: Sequence[UUID], clients: int) -> None:
            to.write(f"{clients} {' '.join(map(str, orders))}\n")
            to.flush()
            if back.readline() != "done\n":
                raise RuntimeError((folder / "bare.log").read_text())

        yield Subject(BARE, shop, process.pid, database, work)
        to.close()  # it ends with its input
