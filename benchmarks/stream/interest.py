"""One socket that an event concerns, among many that each follow an order of their own."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.stream.delivery import deliver, join, undisturbed
from benchmarks.stream.emitting import Appender, Emitter
from benchmarks.stream.gauge import Gauge
from benchmarks.stream.load import Load
from benchmarks.stream.shop import Shop
from benchmarks.stream.subjects import Subject

#: Seconds that nothing is done before each event, to know what the server uses by itself.
PAUSE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Interest:
    """Microseconds of the server: `cpu` for each event, what it uses by itself meanwhile taken off; `idle` a second."""

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
            with undisturbed():
                cpu, idle = await _costs(load, emitter, gauge, events)
            load.check(events, 1)
            found.append(Interest(number, sockets, cpu, idle))
    finally:
        load.shrink_to(0)
    return found


async def _costs(load: Load, emitter: Emitter, gauge: Gauge, events: int) -> tuple[float, float]:
    """Of an event and of an idle second. Both by turns: pings come in waves, as the sockets were opened."""
    busy = idle = busy_took = idle_took = 0.0
    load.begin(events)
    for _ in range(events):
        cpu, began = gauge.cpu(), time.perf_counter()
        await asyncio.sleep(PAUSE)
        idle, idle_took = idle + gauge.cpu() - cpu, idle_took + time.perf_counter() - began
        load.expect(1)
        cpu, began = gauge.cpu(), time.perf_counter()
        await emitter.emit()
        await load.arrived()
        busy, busy_took = busy + gauge.cpu() - cpu, busy_took + time.perf_counter() - began
    each_second = idle / idle_took
    return (busy - each_second * busy_took) / 1e3 / events, each_second / 1e3
