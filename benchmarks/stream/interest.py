"""One socket that an event concerns, among many that each follow an order of their own."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.stream.delivery import deliver, join, undisturbed
from benchmarks.stream.emitting import Appender
from benchmarks.stream.gauge import Gauge
from benchmarks.stream.load import Load
from benchmarks.stream.shop import Shop
from benchmarks.stream.subjects import Subject

IDLE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Interest:
    """Microseconds of the server: `cpu` for each event, what an idle second costs taken off; `idle` is that second."""

    round: int
    sockets: int
    cpu: float
    idle: float


async def measure(
    number: int, subject: Subject, appender: Appender, shop: Shop, sizes: Sequence[int], events: int
) -> list[Interest]:
    """Each size in turn, with more and more sockets of one server. Raises LoadFailed."""
    gauge, load = Gauge(subject.pid), Load(subject.url, subject.greeting)
    variables: list[dict[str, Any]] = [{"orderId": each} for each in shop.global_ids(max(sizes))]
    emitter = appender.to(shop.orders[0])
    found = []
    try:
        for sockets in sorted(sizes):
            await load.grow_to(sockets, variables)
            await gauge.idle()
            await join(load, emitter, gauge, peers=1)
            await deliver(load, emitter, events // 4, peers=1)
            cpu = gauge.cpu()
            await asyncio.sleep(IDLE_SECONDS)
            idle = (gauge.cpu() - cpu) / 1e3 / IDLE_SECONDS
            with undisturbed():
                cpu, began = gauge.cpu(), time.perf_counter()
                await deliver(load, emitter, events, peers=1)
                cpu, took = gauge.cpu() - cpu, time.perf_counter() - began
            load.check(events, 1)
            found.append(Interest(number, sockets, (cpu / 1e3 - idle * took) / events, idle))
    finally:
        load.shrink_to(0)
    return found
