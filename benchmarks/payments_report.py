"""The tables of the payments' benchmark, in Markdown: ratios against their goals first, then what they are made of."""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from benchmarks.paying import BARE, OURS, Paid
from benchmarks.stream.figures import Figure

#: The server's processor time for a payment, beside bare SQL's; and with many orders, beside few: no slower, but for
#: what rounds differ by.
GOAL: Final = 3.0
GROWTH: Final = 1.1


def report(sizes: tuple[int, int], rounds: int, payments: int, paid: Sequence[Paid]) -> str:
    return "\n".join([*_head(rounds, payments), *_goals(sizes, paid), *_tables(sizes, paid)]) + "\n"


def _head(rounds: int, payments: int) -> Iterable[str]:
    memory = psutil.virtual_memory().total / 2**30
    yield "# Paying orders\n"
    yield (
        f"`make bench-payments` on {datetime.now(UTC):%Y-%m-%d}, on a machine with {os.cpu_count()} cores and "
        f"{memory:.0f} GB of memory, which the servers, PostgreSQL 18 and the clients share. Both databases are "
        "durable: each commit is flushed. Each figure is the median of "
        f"{rounds} rounds, in which all take turns of {payments} payments, and in brackets the lowest and the highest "
        "round.\n"
    )
    yield (
        f"“{OURS}” is `queries/pay_order.graphql` by HTTP to a server as in production, with access, limits and its "
        "log on, at the sandbox, which answers at once. The customer owns a fifth of all orders. A payment is three "
        "transactions, the sandbox's own among them, and two rows of the log, which the server also reads "
        f"back for subscribers. “{BARE}” is `benchmarks/bare_payments.py`: a process that writes the same rows in "
        "as many commits, by 18 prepared statements over the plain driver, one by one, and knows no HTTP, GraphQL, "
        "rules or access.\n"
    )


def _goals(sizes: tuple[int, int], paid: Sequence[Paid]) -> Iterable[str]:
    yield "## Ratios\n"
    yield (
        "Of two turns in one round, by one client. All processor time is that of the process and of PostgreSQL's own; "
        "SQLite works in the process.\n"
    )
    yield "| what | goal | measured | |"
    yield "|---|---|---|---|"
    few, many = sizes
    for store in _stores(paid):
        for size in sizes:
            ours, bare = (_turns(paid, name, store, size, 1) for name in (OURS, BARE))
            what = f"{store}, {size:,} orders: {{}} processor time, beside {BARE}"
            yield _goal(what.format("all"), GOAL, [ours[each].all_cpu / bare[each].all_cpu for each in ours])
            if store != "SQLite":
                yield _goal(what.format("the process's"), GOAL, [ours[each].cpu / bare[each].cpu for each in ours])
        some, all_of_them = (_turns(paid, OURS, store, size, 1) for size in (few, many))
        for what, measure in (("processor time", "cpu"), ("time that the client waits", "seconds")):
            ratios = [_value(all_of_them[each], measure) / _value(some[each], measure) for each in some]
            yield _goal(f"{store}: {what} with {many:,} orders, beside {few:,}", GROWTH, ratios)
    yield ""


def _tables(sizes: tuple[int, int], paid: Sequence[Paid]) -> Iterable[str]:
    clients = sorted({each.clients for each in paid})
    for title, measure, digits in (
        ("Milliseconds of the process's processor for each payment", "cpu", 2),
        ("The same, of PostgreSQL's processes", "database_cpu", 2),
        ("Payments per second", "per_second", 0),
    ):
        yield f"## {title}\n"
        yield "| | orders | " + " | ".join(f"{each} client{'s' if each > 1 else ''}" for each in clients) + " |"
        yield "|---|---|" + "---|" * len(clients)
        for store in _stores(paid):
            for name in (BARE, OURS):
                for size in sizes:
                    turns = [_turns(paid, name, store, size, each).values() for each in clients]
                    cells = [_cell([getattr(each, measure) for each in some], digits) for some in turns]
                    if measure != "database_cpu" or store != "SQLite":
                        yield f"| {store}, {name} | {size:,} | " + " | ".join(cells) + " |"
        yield ""


def _turns(paid: Sequence[Paid], subject: str, store: str, size: int, clients: int) -> dict[int, Paid]:
    """By round."""
    asked = (subject, store, size, clients)
    return {each.round: each for each in paid if (each.subject, each.store, each.size, each.clients) == asked}


def _value(turn: Paid, measure: str) -> float:
    return 1 / turn.per_second if measure == "seconds" else turn.cpu


def _stores(paid: Sequence[Paid]) -> list[str]:
    return sorted({each.store for each in paid})


def _goal(what: str, goal: float, ratios: Sequence[float]) -> str:
    figure = Figure.of(ratios)
    verdict = "–" if figure is None else "met" if figure.median <= goal else f"{figure.median / goal:.2f} × the goal"
    return f"| {what} | {goal:g} | {_cell(ratios, 2)} | {verdict} |"


def _cell(rounds: Sequence[float], digits: int) -> str:
    figure = Figure.of(rounds)
    if figure is None:
        return "–"
    median, lowest, highest = (f"{part:,.{digits}f}" for part in (figure.median, figure.lowest, figure.highest))
    return f"{median} ({lowest} to {highest})"
