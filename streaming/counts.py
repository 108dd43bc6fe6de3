"""How many orders there are in each status, and what they are worth: counted once, then kept by the log."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.change import ChangeKind
from models.order import OrderStatus
from streaming.log import ChangeRow


@dataclass(frozen=True, slots=True)
class CountRow:
    """`total`, including VAT, in minor units of `currency`."""

    status: OrderStatus
    currency: str
    count: int
    total: int


class Counts:
    """What was counted at `position`, in one statement with it, moved on by each change that came after.

    The changes applied must be all of those whose orders were counted: of one customer, or of everyone."""

    def __init__(self, rows: Iterable[CountRow], position: int) -> None:
        self.position = position
        self._counted = {(row.status, row.currency): (row.count, row.total) for row in rows}

    def apply(self, change: ChangeRow) -> bool:
        """Whether it changed them; a change that is counted already does nothing."""
        if change.position <= self.position:
            return False
        self.position = change.position
        if change.kind is not ChangeKind.TRANSITION:
            return False
        if change.from_status is not None:
            self._move(change.from_status, change.currency, -1, -change.total)
        self._move(change.to_status, change.currency, 1, change.total)
        return True

    def rows(self) -> list[CountRow]:
        """By status in the order of an order's life, then by currency; none for what there is none of."""
        life = list(OrderStatus)
        ordered = sorted(self._counted.items(), key=lambda item: (life.index(item[0][0]), item[0][1]))
        return [CountRow(status, currency, *counted) for (status, currency), counted in ordered]

    def _move(self, status: OrderStatus, currency: str, count: int, total: int) -> None:
        counted, worth = self._counted.get((status, currency), (0, 0))
        if counted + count:
            self._counted[status, currency] = counted + count, worth + total
        else:
            self._counted.pop((status, currency), None)
