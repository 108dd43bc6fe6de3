"""Which cells of the matrix come to the failpoint that is armed in them: a death that nobody died shows nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.proof.cells import Cell

_UNANSWERED: Final = ("pay.unanswered", "pay.leaving_open", "pay.left_open")
_ANSWERED: Final = ("pay.answered", "pay.recording", "pay.recorded")
_REFUSED: Final = ("pay.refused", "pay.keeping_refusal")
#: What Stripe does not even take is in stories only.
_NEVER: Final = ("pay.turned_down", "pay.failing", "settle.turned_down", "settle.failing")
_NEVER_AT_SANDBOX: Final = (*_UNANSWERED, "settle.unanswered", "settle.postponing")
#: So many cells that could come to a failpoint do not all miss it by chance.
ENOUGH: Final = 20


def comes_to(cell: Cell, *, sandbox: bool) -> bool | None:
    """None where chance, or who is faster, decides it."""
    point, answers = cell.crash or "", cell.outcome in ("success", "decline", "authentication")
    replaces = cell.outcome == "authentication" and cell.retry == "other"
    if point in _NEVER or (sandbox and point in _NEVER_AT_SANDBOX):
        return False
    if point in ("pay.asked", "pay.beginning", "pay.begun"):
        return True
    if point.startswith("event."):
        return False if cell.webhook == "never" else answers or None
    if point.startswith("release.") or point == "pay.replacing":
        return replaces
    if point in _ANSWERED:
        return answers or None
    if point in _UNANSWERED:
        return (cell.outcome == "timeout" or None) if not answers else False
    if point in _REFUSED:
        return False if cell.retry == "none" else (cell.outcome == "success" and cell.retry == "other") or None
    return None


@dataclass(slots=True)
class Deaths:
    """How often each failpoint was armed, could have been come to, and was."""

    armed: Counter[str] = field(default_factory=Counter)
    possible: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    def note(self, cell: Cell, *, sandbox: bool, reached: bool) -> None:
        if cell.crash is not None:
            self.armed[cell.crash] += 1
            self.possible[cell.crash] += comes_to(cell, sandbox=sandbox) is not False
            self.reached[cell.crash] += reached

    def missed(self, *, whole: bool) -> Iterator[str]:
        """Failpoints that no cell came to; only what was played often enough, where it was not the `whole` matrix."""
        for point, count in self.possible.items():
            if not self.reached[point] and count >= (1 if whole else ENOUGH):
                yield f"{point}: none of {count} cells that could come there did"

    def __str__(self) -> str:
        few = {point: f"{self.reached[point]} of {self.armed[point]}" for point in sorted(self.armed)}
        return f"{self.reached.total()} of {self.armed.total()} armed failpoints were come to: {few}"
