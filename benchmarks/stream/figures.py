"""What the rounds come to: a median and how far they lie apart, and ratios of two subjects that met in one round."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.stream.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds, and the lowest and the highest of them."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> "Figure | None":
        return cls(statistics.median(rounds), min(rounds), max(rounds)) if rounds else None


@dataclass(slots=True)
class Table:
    """One measure: by row and column, a value for each round."""

    rounds: defaultdict[tuple[str, int], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, deliveries: Iterable[Delivery], measure: str) -> "Table":
        table = cls()
        for each in deliveries:
            table.rounds[each.subject, each.sockets][each.round] = getattr(each, measure)
        return table

    def figure(self, row: str, column: int) -> Figure | None:
        return Figure.of(list(self.rounds.get((row, column), {}).values()))

    def ratio(self, row: str, other: str, column: int) -> Figure | None:
        """Of the rounds that both have."""
        mine, theirs = self.rounds.get((row, column), {}), self.rounds.get((other, column), {})
        return Figure.of([mine[each] / theirs[each] for each in mine if each in theirs])
