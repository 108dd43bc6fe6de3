"""The cells of the matrix: what the provider does × when its webhook comes × how the client tries again × the death."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, get_args

from tests.proof.points import failpoints

Outcome = Literal["success", "decline", "authentication", "timeout", "error", "limit"]
Webhook = Literal["before", "after", "twice", "reversed", "never"]
Retry = Literal["same", "other", "none"]

#: Steps that a payment goes through; the others have stories of their own.
_STEPS: Final = ("pay.", "event.", "settle.", "release.")


@dataclass(frozen=True, slots=True)
class Cell:
    outcome: Outcome
    webhook: Webhook
    retry: Retry
    crash: str | None

    def __str__(self) -> str:
        return f"{self.outcome}/{self.webhook}/{self.retry}/{self.crash or '-'}"


def every_cell(*, sandbox: bool = False) -> list[Cell]:
    """All there are; the sandbox tells nothing by itself, and always answers."""
    outcomes, webhooks, retries = get_args(Outcome), get_args(Webhook), get_args(Retry)
    if sandbox:
        outcomes, webhooks = outcomes[:3], ("never",)
    crashes = [None, *(point for point in failpoints() if point.startswith(_STEPS))]
    return [Cell(*each) for each in itertools.product(outcomes, webhooks, retries, crashes)]


def sample(count: int, seed: int, *, sandbox: bool = False) -> list[Cell]:
    """Some of them, with each outcome, webhook and retry as often as the others."""
    cells = every_cell(sandbox=sandbox)
    Random(seed).shuffle(cells)
    return list(itertools.islice(_evenly(cells), count))


def _evenly(cells: Sequence[Cell]) -> Iterator[Cell]:
    """Of those that come first, the one that has been had least of."""
    left, had = list(cells), Counter[str]()
    while left:
        rarest = min(left, key=lambda cell: sum(had[part] for part in _parts(cell)))
        left.remove(rarest)
        had.update(_parts(rarest))
        yield rarest


def _parts(cell: Cell) -> tuple[str, ...]:
    return cell.outcome, cell.webhook, f"retry {cell.retry}", cell.crash or "-"
