"""One subject in one round: its memory for idle subscriptions, then events delivered to fewer and fewer sockets."""

import gc
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.stream.emitting import Emitter
from benchmarks.stream.gauge import Gauge
from benchmarks.stream.load import Load, LoadFailed, Missing
from benchmarks.stream.subjects import Subject

WARM_UP: Final = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """`cpu`: microseconds of the server for each delivery; latencies in milliseconds, from commit to client."""

    round: int
    subject: str
    sockets: int
    deliveries: int
    cpu: float
    per_second: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Memory:
    """`kib`: growth of the resident memory for each subscription that was added to one."""

    round: int
    subject: str
    sockets: int
    kib: float


async def measure(number: int, subject: Subject, events: Mapping[int, int], note: list[Delivery | Memory]) -> None:
    """`events`: how many to deliver to so many sockets. Raises LoadFailed; what was measured before that is noted."""
    gauge, load = Gauge(subject.pid), Load(subject.url, subject.greeting)
    first = next(iter(subject.emitters))
    try:
        await load.grow_to(1)
        await join(load, subject.emitters[first], gauge)
        for emitter in subject.emitters.values():
            await deliver(load, emitter, WARM_UP)  # what is imported and cached at first use is no subscription's
        await gauge.idle()
        before, most = gauge.rss(), max(events)
        await load.grow_to(most)
        await gauge.idle()
        note.append(Memory(number, first, most, (gauge.rss() - before) / 1024 / (most - 1)))
        for sockets in sorted(events, reverse=True):
            load.shrink_to(sockets)
            await gauge.idle()
            await join(load, subject.emitters[first], gauge)
            for name, emitter in subject.emitters.items():
                await deliver(load, emitter, max(1, events[sockets] // 4))  # whoever compiles what is used often
                note.append(await _measure(number, name, load, emitter, gauge, events[sockets]))
    finally:
        load.shrink_to(0)


async def _measure(number: int, name: str, load: Load, emitter: Emitter, gauge: Gauge, events: int) -> Delivery:
    sockets = len(load.peers)
    with undisturbed():
        cpu, began = gauge.cpu(), time.perf_counter()
        await deliver(load, emitter, events)
        cpu, took = gauge.cpu() - cpu, time.perf_counter() - began
    load.check(events, sockets)
    moments = await emitter.moments(events)
    waits = [(at - moment) / 1e6 for moment, arrived in zip(moments, load.arrivals, strict=True) for at in arrived]
    percentiles = statistics.quantiles(waits, n=100, method="inclusive")
    count = events * sockets
    return Delivery(number, name, sockets, count, cpu / 1e3 / count, count / took, percentiles[49], percentiles[98])


async def join(load: Load, emitter: Emitter, gauge: Gauge, *, peers: int | None = None) -> None:
    """Until an event reaches all, or so many: no protocol says when a subscription has begun. Raises LoadFailed."""
    wanted = len(load.peers) if peers is None else peers
    for _ in range(20):
        load.begin(1)
        load.expect(wanted)
        await emitter.emit()
        try:
            return await load.arrived(seconds=2 + wanted / 200)
        except Missing:
            await gauge.idle()
    raise LoadFailed(f"an event reaches {wanted - load.left} of {wanted} sockets")


async def deliver(load: Load, emitter: Emitter, events: int, *, peers: int | None = None) -> None:
    """One event after another, the next when all have the one before: no server can save work by taking two at once."""
    wanted = len(load.peers) if peers is None else peers
    load.begin(events)
    for _ in range(events):
        load.expect(wanted)
        await emitter.emit()
        await load.arrived()


@contextmanager
def undisturbed() -> Iterator[None]:
    """By the client's own garbage."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
