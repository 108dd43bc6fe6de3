"""The life cycle of an order: one table of what may happen in which status, and where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.order import OrderStatus
from ordering.refusals import Refusal
from texts import mark

UNPAID, CONFIRMATION, DOCUMENTS_REQUESTED = (
    OrderStatus.UNPAID,
    OrderStatus.CONFIRMATION,
    OrderStatus.DOCUMENTS_REQUESTED,
)
BEING_PROCESSED, COMPLETE = OrderStatus.BEING_PROCESSED, OrderStatus.COMPLETE
EXPIRED, CANCELLED = OrderStatus.EXPIRED, OrderStatus.CANCELLED


class Trigger(StrEnum):
    """What moves an order. Those that a viewer can pull have the name of their OrderAction."""

    PAY = "PAY"
    EXPIRE = "EXPIRE"
    CANCEL = "CANCEL"
    CONFIRM = "CONFIRM"
    REQUEST_DOCUMENTS = "REQUEST_DOCUMENTS"
    PROVIDE_DOCUMENTS = "PROVIDE_DOCUMENTS"
    MISS_DOCUMENTS = "MISS_DOCUMENTS"
    REFUSE = "REFUSE"
    COMPLETE = "COMPLETE"
    WITHDRAW = "WITHDRAW"


@dataclass(frozen=True, slots=True)
class Move:
    sources: frozenset[OrderStatus]
    target: OrderStatus


def _move(*sources: OrderStatus, to: OrderStatus) -> Move:
    return Move(frozenset(sources), to)


ALLOWED_MOVES: Final[Mapping[Trigger, Move]] = {
    Trigger.PAY: _move(UNPAID, to=CONFIRMATION),
    Trigger.EXPIRE: _move(UNPAID, to=EXPIRED),
    Trigger.CANCEL: _move(UNPAID, to=CANCELLED),
    Trigger.CONFIRM: _move(CONFIRMATION, to=BEING_PROCESSED),
    Trigger.REQUEST_DOCUMENTS: _move(CONFIRMATION, to=DOCUMENTS_REQUESTED),
    Trigger.PROVIDE_DOCUMENTS: _move(DOCUMENTS_REQUESTED, to=CONFIRMATION),
    Trigger.MISS_DOCUMENTS: _move(DOCUMENTS_REQUESTED, to=CANCELLED),
    Trigger.REFUSE: _move(CONFIRMATION, DOCUMENTS_REQUESTED, BEING_PROCESSED, to=CANCELLED),
    Trigger.COMPLETE: _move(BEING_PROCESSED, to=COMPLETE),
    Trigger.WITHDRAW: _move(CONFIRMATION, DOCUMENTS_REQUESTED, BEING_PROCESSED, COMPLETE, to=CANCELLED),
}

#: Where every order begins.
FIRST: Final = UNPAID
#: Statuses in which the order has been paid and not been given up.
PAID: Final = frozenset({CONFIRMATION, DOCUMENTS_REQUESTED, BEING_PROCESSED, COMPLETE})


class IllegalTransition(Refusal):
    """The order's status forbids it. `status`: which it is in; `allowed`: the actions that this viewer has now."""

    code = "ILLEGAL_TRANSITION"
    message = mark("That is not possible while the order is in status {status}.")
    # Whether it is possible depends on what others do meanwhile; asking again under the same key is fair.
    transient = True


class BrokenLifeCycle(Exception):
    """The table itself is wrong: the program does not start with it."""


def target_of(trigger: Trigger, status: OrderStatus) -> OrderStatus | None:
    """Where the trigger leads from this status; None where it is not allowed."""
    move = ALLOWED_MOVES[trigger]
    return move.target if status in move.sources else None


def check_life_cycle(moves: Mapping[Trigger, Move] = ALLOWED_MOVES) -> None:
    """Raises BrokenLifeCycle for unknown or unreachable statuses, or ones from which no order ever ends."""
    mentioned = {status for move in moves.values() for status in (*move.sources, move.target)}
    if unknown := mentioned - set(OrderStatus):
        raise BrokenLifeCycle(f"unknown: {sorted(unknown)}")
    reached = {FIRST}
    while more := {m.target for m in moves.values() if m.sources & reached} - reached:
        reached |= more
    if unreachable := set(OrderStatus) - reached:
        raise BrokenLifeCycle(f"unreachable: {sorted(unreachable)}")
    ending = set(OrderStatus) - {source for move in moves.values() for source in move.sources}
    while more := {s for m in moves.values() if m.target in ending for s in m.sources} - ending:
        ending |= more
    if stuck := set(OrderStatus) - ending:
        raise BrokenLifeCycle(f"without an end: {sorted(stuck)}")
