"""The tables of the stream's benchmark, in Markdown: ratios against their goals first, then what they are made of."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from benchmarks.stream.delivery import Delivery, Memory
from benchmarks.stream.figures import Figure, Table
from benchmarks.stream.plan import Plan
from benchmarks.stream.rounds import Results
from benchmarks.stream.storm import CHANGES, HEAD, OTHERS, TAIL
from benchmarks.stream.subjects import BARE, MERCURIUS, OURS, PLACED, RAISED, STOCK, YOGA

ROWS: Final = (BARE, OURS, PLACED, MERCURIUS, YOGA, STOCK)
#: CPU for a delivery here, as a part of what it is there.
GOALS: Final = {BARE: 1.25, MERCURIUS: 1 / 5, STOCK: 1 / 25}
KIB_GOAL: Final = 30.0
INTEREST_GOAL: Final = 1.2
_MEASURES: Final = {
    "cpu": ("Microseconds of the server's processor for each delivery", 1),
    "per_second": ("Deliveries per second", 0),
    "p50": ("Milliseconds from commit to client, median of all deliveries", 2),
    "p99": ("The same, 99th percentile", 2),
}


def report(plan: Plan, results: Results) -> str:
    sections = (_head(plan, results), _goals(plan, results), _tables(plan, results), _memory(results))
    return "\n".join(line for lines in (*sections, _storms(results), _failures(results)) for line in lines) + "\n"


def _head(plan: Plan, results: Results) -> Iterable[str]:
    rounds = len({each.round for each in results.deliveries})
    memory = psutil.virtual_memory().total / 2**30
    raised = ", ".join(f"`{name}`" for name in RAISED) or "none; there are no such settings yet"
    yield "# Following the stream\n"
    yield (
        f"`make bench-stream` on {datetime.now(UTC):%Y-%m-%d}, on a machine with {os.cpu_count()} cores and "
        f"{memory:.0f} GB of memory, which the servers, PostgreSQL 18 (durable), Valkey, the process that writes and "
        "the load client share. Each figure is the median of "
        f"{rounds} rounds, in which all take turns with a new process each, and in brackets the lowest and the highest "
        f"round; small crowds and {YOGA} took part in {plan.whole_rounds} of them.\n"
    )
    yield (
        "All sockets of one load client follow `queries/order_changes.graphql`; an event is "
        f"{results.bytes} bytes. The next one is committed when all have the one before, so that nobody saves work by "
        "taking two at once. Events come from another process that appends to the log and tells the broker; the peers, "
        "which have neither, publish the same values in memory, at a mutation's request, and the bare server (picows) "
        "writes the same bytes. Processor time and memory are the system's account of the server process. The clock of "
        "a latency starts with PostgreSQL's commit timestamp, or with the peer's call of publish.\n"
    )
    yield (
        "This server runs as in production, with access, limits and its log on; the peers check nobody. Limits on how "
        f"many sockets one account and one address may have are raised for it: {raised}.\n"
    )
    yield "![Processor time for each delivery](stream.svg)\n"


def _goals(plan: Plan, results: Results) -> Iterable[str]:
    cpu = Table.of(_deliveries(results), "cpu")
    yield "## Ratios\n"
    yield "| what | goal | measured | |"
    yield "|---|---|---|---|"
    for sockets in sorted(plan.deliveries)[-2:]:
        for other, goal in GOALS.items():
            what = f"processor time for a delivery to one of {sockets:,} sockets, against {other}"
            yield _goal(what, goal, cpu.ratio(OURS, other, sockets), digits=3)
    yield _goal(
        f"the same for an event that concerns one socket: among {plan.interest[1]:,}, against among "
        f"{plan.interest[0]:,}",
        INTEREST_GOAL,
        _growth(plan, results),
        digits=2,
    )
    memory = [each.kib for each in results.deliveries if isinstance(each, Memory) and each.subject == OURS]
    yield _goal(f"KiB for each of {max(plan.deliveries):,} idle subscriptions", KIB_GOAL, Figure.of(memory), digits=1)
    yield ""


def _goal(what: str, goal: float, figure: Figure | None, *, digits: int) -> str:
    verdict = (
        "failed" if figure is None else "met" if figure.median <= goal else f"{figure.median / goal:.2f} × the goal"
    )
    return f"| {what} | {goal:.4g} | {_cell(figure, digits)} | {verdict} |"


def _growth(plan: Plan, results: Results) -> Figure | None:
    few, many = ({each.round: each.cpu for each in results.interests if each.sockets == n} for n in plan.interest)
    return Figure.of([many[number] / few[number] for number in many if number in few])


def _tables(plan: Plan, results: Results) -> Iterable[str]:
    columns = sorted(plan.deliveries)
    for measure, (title, digits) in _MEASURES.items():
        table = Table.of(_deliveries(results), measure)
        yield f"## {title}\n"
        yield "| sockets | " + " | ".join(f"{column:,}" for column in columns) + " |"
        yield "|---|" + "---|" * len(columns)
        for row in ROWS:
            cells = (_cell(table.figure(row, column), digits) for column in columns)
            yield f"| {row} | " + " | ".join(cells) + " |"
        yield ""
    yield (
        f"“{PLACED}”: orders placed through the same process by `placeOrder`. Its processor time counts, too, as does "
        "that of the peers' mutation, which is why few sockets cost much there.\n"
    )


def _memory(results: Results) -> Iterable[str]:
    yield "## Idle subscriptions\n"
    yield "Growth of the resident memory of a new process for each subscription, on a socket of its own.\n"
    yield "| | KiB |"
    yield "|---|---|"
    memories = [each for each in results.deliveries if isinstance(each, Memory)]
    for row in ROWS:
        figure = Figure.of([each.kib for each in memories if each.subject == row])
        if row != PLACED:
            yield f"| {row} | {_cell(figure, 1)} |"
    yield "\n## One socket that is concerned, among many\n"
    yield (
        "Each socket follows an order of its own. Microseconds of the server's processor for an event that concerns "
        "one of them, what the server uses when nothing happens taken off; that is given beside, for each second.\n"
    )
    yield "| sockets | for the event | idle, each second |"
    yield "|---|---|---|"
    for sockets in sorted({each.sockets for each in results.interests}):
        here = [each for each in results.interests if each.sockets == sockets]
        event, idle = Figure.of([each.cpu for each in here]), Figure.of([each.idle for each in here])
        yield f"| {sockets:,} | {_cell(event, 0)} | {_cell(idle, 0)} |"
    yield ""


def _storms(results: Results) -> Iterable[str]:
    yield "## Everyone comes back after a restart\n"
    yield (
        "Clients that all go on from the same place, with a gap behind it: seconds from the first handshake until all "
        "have the gap, and until all have one more event, committed then; the server's processor time; "
        "handshakes that were refused and tried again; statements that the server sent to PostgreSQL meanwhile.\n"
    )
    yield f"| clients | gap | all have it | all live | processor | refused | {CHANGES} | {TAIL} | {HEAD} | {OTHERS} |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for each in results.storms:
        counts = " | ".join(f"{each.statements.get(kind, 0):,}" for kind in (CHANGES, TAIL, HEAD, OTHERS))
        yield (
            f"| {each.clients:,} | {each.gap:,} | {each.caught_up:.1f} s | {each.live:.1f} s | {each.cpu:.1f} s | "
            f"{each.refused:,} | {counts} |"
        )
    yield ""


def _failures(results: Results) -> Iterable[str]:
    if results.failures:
        yield "## What failed\n"
        yield from (f"- {each}" for each in results.failures)


def _deliveries(results: Results) -> list[Delivery]:
    return [each for each in results.deliveries if isinstance(each, Delivery)]


def _cell(figure: Figure | None, digits: int) -> str:
    if figure is None:
        return "–"
    median, lowest, highest = (f"{part:,.{digits}f}" for part in (figure.median, figure.lowest, figure.highest))
    return f"{median} ({lowest} to {highest})"
