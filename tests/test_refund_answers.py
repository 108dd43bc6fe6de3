"""What was answered to a refund under its key stands, whatever becomes of the refund."""

from datetime import timedelta
from typing import Any

import pytest

from models.payment import RefundStatus
from tests.answers import failures
from tests.api import Api
from tests.behind import traces, unchanged
from tests.telling import Slow, event, id_of, refunds, tell
from tests.test_dismissed_refunds import refusing
from tests.test_failed_refunds import did_and_refused, named_there
from tests.test_outstanding_refunds import outstanding


def test_the_answer_to_a_refund_stays_though_it_comes_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    asked = {"paymentId": id_of(customer, order), "amount": "50.00", "idempotencyKey": order["id"]}
    slow = Slow(api, monkeypatch)
    slow.decide(RefundStatus.SUCCEEDED)
    assert staff.run("refund_payment", **asked)["errors"] == []
    (refund,) = refunds(api, order)
    slow.decide(RefundStatus.FAILED, "declined")
    api.running.do(tell(api, event(refund=refund.provider_reference)))
    assert [each["status"] for each in outstanding(staff, order)] == ["FAILED"]

    with unchanged(api, order):
        again = staff.run("refund_payment", **asked)

    assert (again["payment"]["status"], again["errors"]) == ("SUCCEEDED", [])


def test_the_answer_to_a_refund_that_was_refused_stays_though_it_proves_paid_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    asked = {"paymentId": id_of(customer, order), "amount": "50.00", "idempotencyKey": order["id"]}
    with monkeypatch.context() as patched:
        did_and_refused(api, patched)
        first = staff.run("refund_payment", **asked)
    api.running.do(tell(api, event(refund=named_there(api, order))))
    assert traces(api, order).refunds == (("SUCCEEDED", 5000),)
    with unchanged(api, order):
        again = staff.run("refund_payment", **asked)
    assert [error["code"] for error in first["errors"]] == ["REFUND_NOT_POSSIBLE"]
    assert again["errors"] == first["errors"]


@pytest.mark.parametrize("settled", ["by the client", "by the relay"])
def test_who_had_no_answer_is_told_what_has_become_of_it(
    api: Api, monkeypatch: pytest.MonkeyPatch, settled: str
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    asked = {"paymentId": id_of(customer, order), "amount": "50.00", "idempotencyKey": order["id"]}

    async def die(*_: Any) -> None:
        raise RuntimeError("its process is no more")

    with monkeypatch.context() as patched:
        patched.setattr("ordering.refunding.settle_refund", die)
        assert failures(staff, "refund_payment", **asked) == ["INTERNAL"]
    assert traces(api, order).refunds == (("PENDING", 5000),)
    with refusing(api, monkeypatch):
        if settled == "by the relay":
            api.running.move_clock(timedelta(minutes=1))
            api.running.relay_once()
        first = staff.run("refund_payment", **asked)
    with unchanged(api, order):
        again = staff.run("refund_payment", **asked)

    assert [error["code"] for error in first["errors"]] == ["REFUND_NOT_POSSIBLE"]
    assert again["errors"] == first["errors"]
    assert traces(api, order).refunds == (("FAILED", 5000),)
