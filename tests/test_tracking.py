"""Tracking: the four steps and the history, through every life an order can have; when a step should end."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api, Person
from tests.running import run_application

STEPS = ["VALIDATING", "VALIDATED", "DELIVERING", "AVAILABLE"]


def tracked(person: Person, order: dict[str, Any]) -> dict[str, Any]:
    return dict(person.run("order_tracking", number=order["number"])["tracking"])


def statuses(tracking: dict[str, Any]) -> list[str]:
    assert [step["name"] for step in tracking["steps"]] == STEPS
    return [step["status"] for step in tracking["steps"]]


def spans(tracking: dict[str, Any]) -> list[tuple[int | None, int | None]]:
    """Start and end of each step, as the sequence of the transition that it happened with."""
    moments = {each["at"]: each["sequence"] for each in reversed(tracking["history"]["nodes"])}
    return [(moments.get(step["startedAt"]), moments.get(step["endedAt"])) for step in tracking["steps"]]


def test_from_beginning_to_end(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")

    def now(current: str, *steps: str) -> dict[str, Any]:
        tracking = tracked(customer, order)
        assert (tracking["currentStep"], statuses(tracking)) == (current, list(steps))
        return tracking

    waiting = now("VALIDATING", "DOING", "TODO", "TODO", "TODO")
    assert waiting["estimatedCompletion"] is None  # it depends on the customer
    customer.pay(order)
    now("VALIDATING", "DOING", "TODO", "TODO", "TODO")
    staff.run("request_documents", orderId=order["id"], documents=["OTHER"])
    now("VALIDATING", "DOING", "TODO", "TODO", "TODO")
    customer.run("provide_documents", orderId=order["id"], documents=[{"uploadId": customer.upload(), "kind": "OTHER"}])
    now("VALIDATING", "DOING", "TODO", "TODO", "TODO")
    staff.run("confirm_order", orderId=order["id"])
    delivering = now("DELIVERING", "DONE", "DONE", "DOING", "TODO")
    assert spans(delivering) == [(1, 5), (5, 5), (5, None), (None, None)]
    confirmed = datetime.fromisoformat(delivering["history"]["nodes"][-1]["at"])
    estimated = datetime.fromisoformat(delivering["estimatedCompletion"])
    assert (estimated - confirmed).total_seconds() == 120 * 60  # what a server takes
    staff.run("complete_order", orderId=order["id"])
    complete = now("AVAILABLE", "DONE", "DONE", "DONE", "DONE")
    assert spans(complete) == [(1, 5), (5, 5), (5, 6), (6, 6)]
    assert complete["estimatedCompletion"] is None

    history = complete["history"]["nodes"]
    assert [(each["sequence"], each["from"], each["to"], each["actor"]) for each in history] == [
        (1, None, "UNPAID", "CUSTOMER"),
        (2, "UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER"),
        (3, "CONFIRMATION", "DOCUMENTS_REQUESTED", "STAFF"),
        (4, "DOCUMENTS_REQUESTED", "CONFIRMATION", "CUSTOMER"),
        (5, "CONFIRMATION", "BEING_PROCESSED", "STAFF"),
        (6, "BEING_PROCESSED", "COMPLETE", "STAFF"),
    ]
    assert len({each["cursor"] for each in history}) == 6


@pytest.mark.parametrize(
    ("steps", "current", "expected"),
    [
        (["cancel_order"], "VALIDATING", ["ERROR", "TODO", "TODO", "TODO"]),
        (["pay", "refuse_order"], "VALIDATING", ["ERROR", "TODO", "TODO", "TODO"]),
        (["pay", "withdraw_from_order"], "VALIDATING", ["ERROR", "TODO", "TODO", "TODO"]),
        (["pay", "confirm_order", "refuse_order"], "DELIVERING", ["DONE", "DONE", "ERROR", "TODO"]),
        (["pay", "confirm_order", "complete_order", "withdraw_from_order"], "AVAILABLE", ["DONE"] * 3 + ["ERROR"]),
    ],
)
def test_an_order_that_ends_early_leaves_its_step_in_error(
    api: Api, steps: list[str], current: str, expected: list[str]
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    for step in steps:
        if step == "pay":
            customer.pay(order)
        else:
            person = customer if step in ("cancel_order", "withdraw_from_order") else staff
            reason = {"reason": "So."} if step == "refuse_order" else {}
            assert person.run(step, orderId=order["id"], **reason)["errors"] == []

    tracking = tracked(customer, order)

    assert (tracking["currentStep"], statuses(tracking)) == (current, expected)
    assert tracking["estimatedCompletion"] is None
    ended = tracking["steps"][STEPS.index(current)]["endedAt"]
    assert ended == tracking["history"]["nodes"][-1]["at"]


@pytest.fixture
def lisbon(tmp_path: Path) -> Iterator[Api]:
    """A seller in Portugal."""
    with (
        run_application(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path, SELLER_COUNTRY="PT") as running,
        Api(running) as api,
    ):
        yield api


def estimate_when_paid_at(api: Api, moment: datetime) -> datetime:
    """When verification should end, in UTC; to the minute."""
    api.running.set_clock_back()
    api.running.move_clock(moment - datetime.now(UTC))
    customer = api.customer()
    tracking = tracked(customer, customer.place_and_pay("server"))
    return datetime.fromisoformat(tracking["estimatedCompletion"]).replace(second=0, microsecond=0)


def test_case_18_verification_takes_two_working_days_of_the_sellers_country(lisbon: Api) -> None:
    def at(day: str, time: str) -> datetime:
        return datetime.fromisoformat(f"{day}T{time}:30+00:00")

    def due(day: str, time: str) -> datetime:
        return datetime.fromisoformat(f"{day}T{time}:00+00:00")

    # Thursday before Easter: Good Friday and the weekend do not count.
    assert estimate_when_paid_at(lisbon, at("2026-04-02", "09:00")) == due("2026-04-07", "09:00")
    # On Good Friday itself: taken up on Monday at nine, which is eight in UTC.
    assert estimate_when_paid_at(lisbon, at("2026-04-03", "15:00")) == due("2026-04-08", "08:00")
    # Over the night in which summer time begins, the time of day is the local one.
    assert estimate_when_paid_at(lisbon, at("2026-03-27", "10:00")) == due("2026-03-31", "09:00")
    # The same in autumn, when it ends.
    assert estimate_when_paid_at(lisbon, at("2026-10-23", "10:00")) == due("2026-10-27", "11:00")
    # Just before midnight in Lisbon it is Tuesday there, still; the 8th is a holiday.
    assert estimate_when_paid_at(lisbon, at("2026-12-07", "23:50")) == due("2026-12-10", "23:50")
