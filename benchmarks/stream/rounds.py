"""Every subject in turn, round after round, so that whatever else the machine does meets all of them."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stream import delivery, interest, storm
from benchmarks.stream.delivery import Delivery, Memory
from benchmarks.stream.emitting import Appender, open_appender
from benchmarks.stream.gauge import Gauge
from benchmarks.stream.interest import Interest
from benchmarks.stream.load import Load, LoadFailed
from benchmarks.stream.plan import Plan
from benchmarks.stream.shop import Shop, open_shop
from benchmarks.stream.storm import Storm
from benchmarks.stream.subjects import OURS, YOGA, Start, our_server, peers
from tests.peers.postgresql import PostgreSQL
from tests.peers.valkey import Valkey


@dataclass(slots=True)
class Results:
    """All that was measured, and what could not be."""

    bytes: int = 0
    deliveries: list[Delivery | Memory] = field(default_factory=list)
    interests: list[Interest] = field(default_factory=list)
    storms: list[Storm] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stage:
    """What all subjects stand on."""

    server: PostgreSQL
    shop: Shop
    appender: Appender
    ours: Start


@asynccontextmanager
async def open_stage(plan: Plan, folder: Path) -> AsyncIterator[Stage]:
    """PostgreSQL that is as careful as in production, a broker, and the other process that writes."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(PostgreSQL(durable=True))
        broker = stack.enter_context(Valkey())
        say("filling a database")
        shop = await stack.enter_async_context(open_shop(server, max(plan.interest)))
        appender = await stack.enter_async_context(open_appender(shop, broker.url))
        yield Stage(server, shop, appender, lambda: our_server(shop, broker.url, appender, folder))


async def run(plan: Plan, folder: Path, keep: Callable[[Results], None]) -> Results:
    """A subject that fails is missing in its round, and said to be. `keep` is given what there is after each round."""
    results = Results()
    async with open_stage(plan, folder) as stage:
        sample = await _sample(stage.ours)
        results.bytes = len(sample)
        subjects = {OURS: stage.ours, **peers(sample, folder)}
        for number in range(plan.rounds):
            await _deliveries(number, subjects, plan, results)
            await _interest(number, stage, plan, results)
            if number < plan.storms:
                await _storm(number, stage, plan, results)
            keep(results)
    return results


async def _deliveries(number: int, subjects: dict[str, Start], plan: Plan, results: Results) -> None:
    whole = number < plan.whole_rounds
    names = [name for name in subjects if whole or name != YOGA]
    events = plan.deliveries if whole else {n: plan.deliveries[n] for n in sorted(plan.deliveries)[-2:]}
    turn = number % len(names)
    for name in names[turn:] + names[:turn]:
        say(f"round {number + 1} of {plan.rounds}: {name}")
        try:
            async with subjects[name]() as subject:
                await delivery.measure(number, subject, events, results.deliveries)
        except LoadFailed as fault:
            _failed(results, f"{name}, round {number + 1}: {fault}")


async def _interest(number: int, stage: Stage, plan: Plan, results: Results) -> None:
    say(f"round {number + 1} of {plan.rounds}: one socket among {max(plan.interest):,}")
    try:
        async with stage.ours() as subject:
            results.interests += await interest.measure(
                number, subject, stage.appender, stage.shop, plan.interest, plan.interest_events
            )
    except LoadFailed as fault:
        _failed(results, f"one among many, round {number + 1}: {fault}")


async def _storm(number: int, stage: Stage, plan: Plan, results: Results) -> None:
    say(f"storm {number + 1} of {plan.storms}: {plan.storm_clients:,} clients come back")
    try:
        results.storms.append(
            await storm.measure(
                number, stage.ours, stage.appender, stage.shop, stage.server, plan.storm_clients, plan.storm_gap
            )
        )
    except LoadFailed as fault:
        _failed(results, f"storm {number + 1}: {fault}")


async def _sample(ours: Start) -> bytes:
    """An event as this server sends it: what the others send, too."""
    async with ours() as subject:
        load = Load(subject.url, subject.greeting)
        await load.grow_to(1)
        for _ in range(3):  # past the first transition of the order, which has no `from`
            await delivery.join(load, subject.emitters[OURS], Gauge(subject.pid))
        load.check(1, 1)
        load.shrink_to(0)
        return load.sample


def _failed(results: Results, what: str) -> None:
    results.failures.append(what)
    say(f"failed: {what}")


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
