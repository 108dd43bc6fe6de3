"""Everyone comes back at once after a restart, from a place a thousand events ago: what the database is asked."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx2

from benchmarks.stream.emitting import Appender
from benchmarks.stream.gauge import Gauge
from benchmarks.stream.load import Load
from benchmarks.stream.shop import NAME, Shop
from benchmarks.stream.subjects import Start
from models.account import AccountKind
from tests.peers.postgresql import PostgreSQL

SECONDS: Final = 900.0
AT_ONCE: Final = 1000  # handshakes under way
#: Kinds of statements: pages of the log for those who come back; what the timer makes each second, whoever comes, which
#: looks for what is new and then at where the log ends; who is asking, and what events show.
CHANGES, TAIL, HEAD, OTHERS = "pages of the log", "reads of its end", "looks at its head", "others"
_ENTRY: Final = re.compile(r"^\d{4}-\d\d-\d\d .*?LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Storm:
    """Seconds from the first handshake until all have the gap, and one more event.

    `refused`: handshakes tried again; `statements` by kind; `asked`: those sent most often, and how often."""

    round: int
    clients: int
    gap: int
    caught_up: float
    live: float
    cpu: float
    refused: int
    statements: dict[str, int]
    asked: dict[str, int]


async def measure(
    number: int, start: Start, appender: Appender, shop: Shop, server: PostgreSQL, clients: int, gap: int
) -> Storm:
    """With a server of its own. Raises LoadFailed."""
    async with start() as before:
        place = await _place(before.url, shop)
    await appender.append(shop.orders[0], gap)
    server.execute(f"ALTER DATABASE {NAME} SET log_statement = 'all'")
    try:
        async with start() as subject:
            load, gauge = Load(subject.url, subject.greeting, {"after": place}), Gauge(subject.pid)
            load.begin(gap + 1, keep=False)
            load.expect(clients * gap)
            skipped, began, cpu = server.log.stat().st_size, time.perf_counter(), gauge.cpu()
            try:
                await load.grow_to(clients, at_once=AT_ONCE)
                await load.arrived(SECONDS)
                caught_up = time.perf_counter() - began
                load.expect(clients)
                await appender.append(shop.orders[0])
                await load.arrived()
                live, cpu = time.perf_counter() - began, gauge.cpu() - cpu
                load.check(gap + 1, clients)
            finally:
                load.shrink_to(0)
            sent = list(_statements(server, skipped))
    finally:
        server.execute(f"ALTER DATABASE {NAME} RESET log_statement")
    asked = Counter(" ".join(each.splitlines()[0].split()) for each in sent).most_common(10)
    return Storm(
        number, clients, gap, caught_up, live, cpu / 1e9, load.refused, dict(Counter(map(_kind, sent))), dict(asked)
    )


async def _place(socket_url: str, shop: Shop) -> str:
    """Where the log ends."""
    headers = {"authorization": f"Bearer {shop.token(AccountKind.STAFF)}"}
    async with httpx2.AsyncClient(headers=headers) as client:
        answer = await client.post(socket_url.replace("ws", "http", 1), json={"query": "{ streamPosition }"})
    place: str = answer.json()["data"]["streamPosition"]
    return place


def _statements(server: PostgreSQL, skipped: int) -> Iterator[str]:
    """Of the connections made since they are logged, which are the server's: all others are older."""
    with server.log.open("rb") as log:
        log.seek(skipped)
        entries = _ENTRY.split(log.read().decode(errors="replace"))
    yield from entries[1:]


def _kind(statement: str) -> str:
    if "FROM changes" in statement:
        return TAIL if "FROM changes, orders" in statement else CHANGES
    return HEAD if "log_head" in statement else OTHERS
