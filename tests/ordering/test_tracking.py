"""The four steps for every path that an order can take."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.order import OrderStatus
from ordering.tracking import HistoryStep, Step, TrackingStepName, TrackingStepStatus, track

START = datetime(2026, 4, 14, 12, tzinfo=UTC)
STATUSES = {
    "U": OrderStatus.UNPAID,
    "C": OrderStatus.CONFIRMATION,
    "D": OrderStatus.DOCUMENTS_REQUESTED,
    "P": OrderStatus.BEING_PROCESSED,
    "A": OrderStatus.COMPLETE,
    "X": OrderStatus.EXPIRED,
    "N": OrderStatus.CANCELLED,
}
MARKS = {
    ".": TrackingStepStatus.TODO,
    ">": TrackingStepStatus.DOING,
    "+": TrackingStepStatus.DONE,
    "!": TrackingStepStatus.ERROR,
}


def history(path: str) -> list[HistoryStep]:
    """One transition an hour, a letter each: see STATUSES."""
    return [HistoryStep(STATUSES[letter], START + timedelta(hours=hour)) for hour, letter in enumerate(path)]


def at(hour: int | None) -> datetime | None:
    return None if hour is None else START + timedelta(hours=hour)


Spans = list[tuple[int | None, int | None]]


@pytest.mark.parametrize(
    ("path", "current", "marks", "hours"),
    [
        ("U", "VALIDATING", ">...", [(0, None), (None, None), (None, None), (None, None)]),
        ("UC", "VALIDATING", ">...", [(0, None), (None, None), (None, None), (None, None)]),
        ("UCD", "VALIDATING", ">...", [(0, None), (None, None), (None, None), (None, None)]),
        ("UCDC", "VALIDATING", ">...", [(0, None), (None, None), (None, None), (None, None)]),
        ("UCP", "DELIVERING", "++>.", [(0, 2), (2, 2), (2, None), (None, None)]),
        ("UCDCP", "DELIVERING", "++>.", [(0, 4), (4, 4), (4, None), (None, None)]),
        ("UCPA", "AVAILABLE", "++++", [(0, 2), (2, 2), (2, 3), (3, 3)]),
        ("UCDCPA", "AVAILABLE", "++++", [(0, 4), (4, 4), (4, 5), (5, 5)]),
        ("UX", "VALIDATING", "!...", [(0, 1), (None, None), (None, None), (None, None)]),
        ("UN", "VALIDATING", "!...", [(0, 1), (None, None), (None, None), (None, None)]),
        ("UCN", "VALIDATING", "!...", [(0, 2), (None, None), (None, None), (None, None)]),
        ("UCDN", "VALIDATING", "!...", [(0, 3), (None, None), (None, None), (None, None)]),
        ("UCDCN", "VALIDATING", "!...", [(0, 4), (None, None), (None, None), (None, None)]),
        ("UCPN", "DELIVERING", "++!.", [(0, 2), (2, 2), (2, 3), (None, None)]),
        ("UCDCPN", "DELIVERING", "++!.", [(0, 4), (4, 4), (4, 5), (None, None)]),
        ("UCPAN", "AVAILABLE", "+++!", [(0, 2), (2, 2), (2, 3), (3, 4)]),
        ("UCDCPAN", "AVAILABLE", "+++!", [(0, 4), (4, 4), (4, 5), (5, 6)]),
    ],
)
def test_tracks(path: str, current: str, marks: str, hours: Spans) -> None:
    tracking = track(history=history(path))

    assert tracking.current_step == current
    assert tracking.steps == tuple(
        Step(name, MARKS[mark], at(started), at(ended))
        for name, mark, (started, ended) in zip(TrackingStepName, marks, hours, strict=True)
    )


def test_covers_every_status_an_order_can_end_in() -> None:
    assert set(STATUSES.values()) == set(OrderStatus)


@given(path=st.from_regex(r"U(X|N|(CD){0,4}(N|C(N|P(N|A(N)?)?)?)?)", fullmatch=True))
def test_always_has_four_steps_with_one_current(path: str) -> None:
    tracking = track(history=history(path))

    statuses = [step.status for step in tracking.steps]
    reached = [step.name for step in tracking.steps].index(tracking.current_step)
    assert [step.name for step in tracking.steps] == list(TrackingStepName)
    assert set(statuses[:reached]) <= {TrackingStepStatus.DONE}
    assert statuses[reached] is not TrackingStepStatus.TODO
    assert set(statuses[reached + 1 :]) <= {TrackingStepStatus.TODO}
    for step in tracking.steps:
        assert (step.started_at is None) == (step.status is TrackingStepStatus.TODO)
        if step.started_at and step.ended_at:
            assert step.started_at <= step.ended_at
