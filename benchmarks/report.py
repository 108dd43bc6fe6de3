"""The tables of `benchmarks.pages`, in Markdown: ratios first, since times belong to a machine and its other work."""

import os
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import psutil  # type: ignore[import-untyped]  # it comes without types

from benchmarks.cases import Case
from benchmarks.measuring import Figure, Sample

OURS: Final = "this server"
GOAL: Final = 1.3


@dataclass(slots=True)
class Report:
    """Milliseconds, by case and size of the database, one for each round."""

    few: int
    many: int
    rounds: int
    requests: int
    sorted_or_scanned: list[str] = field(default_factory=list)
    peers: list[dict[str, float]] = field(default_factory=list)
    _statements: defaultdict[tuple[Case, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    _cpu: defaultdict[tuple[Case, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    _wall: defaultdict[tuple[Case, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def statement(self, case: Case, size: int, milliseconds: float) -> None:
        self._statements[case, size].append(milliseconds)

    def request(self, case: Case, size: int, samples: Sequence[Sample]) -> None:
        self._cpu[case, size].append(min(sample.cpu for sample in samples))
        self._wall[case, size].append(min(sample.wall for sample in samples))

    def text(self) -> str:
        measures = (
            ("The statement, planned and run, by PostgreSQL's own account", self._statements),
            ("The whole request, as a client waits for it", self._wall),
            ("The server's processor time for the request", self._cpu),
        )
        sections = [section for title, measured in measures for section in self._section(title, measured)]
        return "\n".join([*self._head(), *sections, *self._beside(), ""])

    def _head(self) -> Iterable[str]:
        memory = psutil.virtual_memory().total / 2**30
        yield "# Pages of orders\n"
        yield (
            f"`make bench-pages` on {datetime.now(UTC):%Y-%m-%d}, on a machine with {os.cpu_count()} cores and "
            f"{memory:.0f} GB of memory. PostgreSQL 18 with 32 MB of shared buffers; the servers run as in production, "
            "with access, limits and log on.\n"
        )
        yield (
            f"A page of 20 (`queries/my_orders.graphql`) out of {self.many:,} orders costs so many times what one out "
            f"of {self.few:,} costs: the median of {self.rounds} rounds, in which both take turns and the quickest of "
            f"{self.requests} counts. The goal is {GOAL}. A pair is the first page and one far down the list (100,000 "
            "orders, or half of them), by cursor. The customer owns a fifth of all orders; the rare status is one in a "
            "thousand of a million orders, the common one more than half.\n"
        )

    def _section(self, title: str, measured: dict[tuple[Case, int], list[float]]) -> Iterable[str]:
        ratios = {case: self._ratio(measured, case) for case, size in measured if size == self.many}
        columns = list(dict.fromkeys(case.column for case in ratios))
        rows = list(dict.fromkeys(case.row for case in ratios))
        yield f"## {title}\n"
        yield "| sort | " + " | ".join(columns) + " |"
        yield "|---|" + "---|" * len(columns)
        for row in rows:
            cells = (self._cell(ratios, row, column) for column in columns)
            yield f"| {row} | " + " | ".join(cells) + " |"
        above = sum(ratio > GOAL for ratio in ratios.values())
        spread = statistics.median(Figure.of(measured[case, self.many]).spread for case in ratios)
        few, many = (self._typical(measured, size) for size in (self.few, self.many))
        yield (
            f"\nMedian {statistics.median(ratios.values()):.2f}, highest {max(ratios.values()):.2f}; {above} of "
            f"{len(ratios)} above the goal. A typical page: {few:.2f} ms out of {self.few:,}, {many:.2f} ms out of "
            f"{self.many:,}; its rounds lie {spread:.0%} apart.\n"
        )

    def _cell(self, ratios: dict[Case, float], row: str, column: str) -> str:
        pair = sorted((case.deep, ratio) for case, ratio in ratios.items() if (case.row, case.column) == (row, column))
        return " / ".join(f"{ratio:.2f}" for _, ratio in pair)

    def _ratio(self, measured: dict[tuple[Case, int], list[float]], case: Case) -> float:
        """Of the two turns of each round, which meet the same machine."""
        turns = zip(measured[case, self.many], measured[case, self.few], strict=True)
        return statistics.median(many / few for many, few in turns)

    def _typical(self, measured: dict[tuple[Case, int], list[float]], wanted: int) -> float:
        return statistics.median(Figure.of(times).median for (_, size), times in measured.items() if size == wanted)

    def _beside(self) -> Iterable[str]:
        yield "## A page with lines and history, beside other ways to answer it\n"
        yield (
            "Processor time of the server for `queries/order_overview.graphql`, 20 orders. The peers check no access "
            "and know no limits; the bare one leaves all work to PostgreSQL.\n"
        )
        yield "| | ms | this server takes so many times its time | the rounds' ratios |"
        yield "|---|---|---|---|"
        for name in self.peers[0]:
            figure = Figure.of([round_[name] for round_ in self.peers])
            ratios = sorted(round_[OURS] / round_[name] for round_ in self.peers)
            yield (
                f"| {name} | {figure.median:.2f} | {statistics.median(ratios):.2f} | "
                f"{ratios[0]:.2f} to {ratios[-1]:.2f} |"
            )
