"""The four steps that a customer follows, derived from an order's history alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.order import OrderStatus


class TrackingStepName(StrEnum):
    VALIDATING = "VALIDATING"
    VALIDATED = "VALIDATED"
    DELIVERING = "DELIVERING"
    AVAILABLE = "AVAILABLE"


class TrackingStepStatus(StrEnum):
    TODO = "TODO"
    DOING = "DOING"
    DONE = "DONE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One transition: the status that the order reached, and when."""

    to: OrderStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    name: TrackingStepName
    status: TrackingStepStatus
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tracking:
    """`steps` are always four, in order."""

    current_step: TrackingStepName
    steps: tuple[Step, ...]


_ENDED_EARLY: Final = frozenset({OrderStatus.EXPIRED, OrderStatus.CANCELLED})


def track(*, history: Sequence[HistoryStep]) -> Tracking:
    """Where an order stands; `history` is never empty, oldest first.

    Staff's confirmation ends VALIDATING, is the whole of VALIDATED and starts DELIVERING; completion ends DELIVERING
    and is the whole of AVAILABLE. An order that ends early leaves the step it had reached in ERROR.
    """
    first, last = history[0], history[-1]
    reached_at = {step.to: step.at for step in history}
    confirmed, complete = reached_at.get(OrderStatus.BEING_PROCESSED), reached_at.get(OrderStatus.COMPLETE)
    spans = {
        TrackingStepName.VALIDATING: (first.at, confirmed),
        TrackingStepName.VALIDATED: (confirmed, confirmed),
        TrackingStepName.DELIVERING: (confirmed, complete),
        TrackingStepName.AVAILABLE: (complete, complete),
    }
    current = [name for name, (started_at, _) in spans.items() if started_at][-1]
    steps = tuple(
        Step(name, TrackingStepStatus.DONE if ended_at else TrackingStepStatus.TODO, started_at, ended_at)
        if name is not current
        else _current_step(name, started_at, ended_at, last)
        for name, (started_at, ended_at) in spans.items()
    )
    return Tracking(current, steps)


def _current_step(
    name: TrackingStepName, started_at: datetime | None, ended_at: datetime | None, last: HistoryStep
) -> Step:
    if last.to in _ENDED_EARLY:
        return Step(name, TrackingStepStatus.ERROR, started_at, last.at)
    return Step(name, TrackingStepStatus.DONE if ended_at else TrackingStepStatus.DOING, started_at, ended_at)
