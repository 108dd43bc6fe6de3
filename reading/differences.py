"""What an audit finds: something that two sets of books do not agree on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from models.money import Money

#: Rows that are compared at a time.
CHUNK: Final = 1000


class DifferenceKind(StrEnum):
    UNKNOWN_CHARGE = "UNKNOWN_CHARGE"
    UNKNOWN_REFUND = "UNKNOWN_REFUND"
    NOT_BOOKED = "NOT_BOOKED"
    NOT_AT_PROVIDER = "NOT_AT_PROVIDER"
    OTHER_AMOUNT = "OTHER_AMOUNT"
    CHARGED_TWICE = "CHARGED_TWICE"
    BOOKS_DISAGREE = "BOOKS_DISAGREE"
    ORDER_DISAGREES = "ORDER_DISAGREES"


@dataclass(frozen=True, slots=True)
class Difference:
    """`reference`: the provider's name for what it is about; `ours` and `theirs`: how much each side has of it."""

    kind: DifferenceKind
    reference: str | None = None
    order_id: UUID | None = None
    ours: Money | None = None
    theirs: Money | None = None
