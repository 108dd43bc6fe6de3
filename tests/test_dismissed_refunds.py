"""Refunds that failed and that staff let be: what the customer was given otherwise is not given once more."""

from typing import Any

import pytest

from gateways.payments import ProviderRefusal
from models.payment import RefundStatus
from tests.answers import plain, refused
from tests.api import Api, Person
from tests.behind import traces, unchanged
from tests.telling import Slow, attempts, event, every, failed_refund, id_of, journal, refunds, tell
from tests.test_failed_refunds import did_and_refused, named_there
from tests.test_money_audit import found, run
from tests.test_outstanding_refunds import PAYMENT, booked, outstanding

NOTHING_LEFT = plain(refused("REFUND_NOT_POSSIBLE", "Nothing is left that could be refunded, or less than that."))


OWED = plain(
    refused(
        "REFUND_OWED", "This refund is owed: the order has ended, or a credit note was issued for it.", "givenOtherwise"
    )
)


def refund_in_vain(api: Api, monkeypatch: pytest.MonkeyPatch, staff: Person, payment: str, **fields: Any) -> None:
    async def refuse(**_: Any) -> Any:
        raise ProviderRefusal("expired_card")

    with monkeypatch.context() as patched:
        patched.setattr(api.running.sandbox, "refund", refuse)
        staff.run("refund_payment", paymentId=payment, **fields)


def let_be(staff: Person, order: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """The errors."""
    (failed,) = outstanding(staff, order)
    payload = staff.run("dismiss_refund", refundId=failed["id"], reason="Paid in cash.", **fields)
    assert payload["refund"]["id"] == failed["id"]
    (payment,) = attempts(staff.api, order)
    shown = payload["refund"]["payment"]["givenOtherwise"]
    assert shown == {"amount": f"{payment.given_otherwise / 100:.2f}", "currency": "EUR"}
    return list(payload["errors"])


@pytest.mark.parametrize("ending", ["withdraw_from_order", "refuse_order"])
@pytest.mark.parametrize(("given", "rest"), [("178.68", 0), ("50.00", 12868)])
def test_what_was_given_otherwise_does_not_go_back_with_the_order(
    api: Api, monkeypatch: pytest.MonkeyPatch, ending: str, given: str, rest: int
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    refund_in_vain(api, monkeypatch, staff, id_of(customer, order), amount=given)
    assert let_be(staff, order) == []
    by, reason = (customer, {}) if ending == "withdraw_from_order" else (staff, {"reason": "Not in stock."})

    assert by.run(ending, orderId=order["id"], **reason)["errors"] == []
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.order[0] == "CANCELLED"
    assert left.refunds == (("FAILED", 17868 - rest), *((("SUCCEEDED", rest),) if rest else ()))
    assert left.charged == [("SUCCEEDED", 17868 - rest)]
    assert found(staff, order) == []


def test_what_was_given_otherwise_is_not_left_to_refund(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    payment = id_of(customer, order)
    refund_in_vain(api, monkeypatch, staff, payment, amount="50.00")
    assert let_be(staff, order) == []

    with unchanged(api, order):
        too_much = staff.run("refund_payment", paymentId=payment, amount="128.69")
    assert too_much["errors"] == [{**NOTHING_LEFT, "path": ["amount"]}]
    assert staff.run("refund_payment", paymentId=payment)["errors"] == []
    assert traces(api, order).refunds == (("FAILED", 5000), ("SUCCEEDED", 12868))
    assert found(staff, order) == []


def test_a_refund_that_was_a_mistake_leaves_all_as_it_was(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    refund_in_vain(api, monkeypatch, staff, id_of(customer, order))
    assert let_be(staff, order, givenOtherwise=False) == []
    assert (outstanding(staff, order), found(staff, order)) == ([], [])

    assert customer.run("withdraw_from_order", orderId=order["id"])["errors"] == []
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.refunds == (("FAILED", 17868), ("SUCCEEDED", 17868))
    assert found(staff, order) == []


def test_what_is_owed_is_no_mistake(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    payment = id_of(customer, order)
    api.running.do(failed_refund(api, payment))
    assert staff.run("refuse_order", orderId=order["id"], reason="No.")["errors"] == []
    api.running.relay_once()
    with unchanged(api, order):
        errors = let_be(staff, order, givenOtherwise=False)
    assert errors == [OWED]
    # All of it was promised anew when the order ended: nothing more is counted as given.
    assert let_be(staff, order) == []
    assert [each.given_otherwise for each in attempts(api, order)] == [0]
    assert found(staff, order) == []


def test_one_that_was_let_be_and_proves_paid_out_is_booked_and_staff_are_told(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer has it twice now."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with monkeypatch.context() as patched:
        did_and_refused(api, patched)
        staff.run("refund_payment", paymentId=id_of(customer, order), amount="50.00")
    assert let_be(staff, order) == []
    told = event(refund=named_there(api, order))

    for _ in range(2):
        api.running.do(tell(api, told))

    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
    assert (held["reason"], held["order"]["id"]) == ("REFUNDED_TOO_MUCH", order["id"])
    left = traces(api, order)
    left.check()
    assert (left.refunds, left.charged) == ((("SUCCEEDED", 5000),), [("SUCCEEDED", 12868)])
    kinds = ("PROMISED", "FAILED", "REOPENED", "PAID")
    assert sorted(journal(api, order)) == sorted([PAYMENT, *(booked(f"REFUND_{kind}", 5000) for kind in kinds)])
    assert [each.given_otherwise for each in attempts(api, order)] == [5000]
    assert found(staff, order) == []
    assert staff.run("apply_held_event", eventId=held["id"])["errors"] == []
    assert told.id not in [each["eventId"] for each in every(staff, "held_events")]


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


@pytest.mark.parametrize("invoiced", ["before", "afterwards"])
def test_the_invoice_is_corrected_by_what_was_given_otherwise(
    api: Api, monkeypatch: pytest.MonkeyPatch, invoiced: str
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")

    def complete() -> None:
        staff.run("confirm_order", orderId=order["id"])
        assert staff.run("complete_order", orderId=order["id"])["errors"] == []

    if invoiced == "before":
        complete()
    refund_in_vain(api, monkeypatch, staff, id_of(customer, order), amount="50.00")
    assert let_be(staff, order) == []
    if invoiced == "afterwards":
        complete()

    assert traces(api, order).documents == (("INVOICE", 17868), ("CREDIT_NOTE", 5000))
    assert found(staff, order) == []


def test_one_that_came_back_and_is_let_be_keeps_its_credit_note(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer was given it otherwise: there is nothing to invoice again, and it is no mistake."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"])
    slow = Slow(api, monkeypatch)
    slow.decide(RefundStatus.SUCCEEDED)
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="50.00")
    (refund,) = refunds(api, order)
    slow.decide(RefundStatus.FAILED, "declined")
    api.running.do(tell(api, event(refund=refund.provider_reference)))
    with unchanged(api, order):
        assert let_be(staff, order, givenOtherwise=False) == [OWED]
    assert let_be(staff, order) == []
    assert traces(api, order).documents == (("INVOICE", 17868), ("CREDIT_NOTE", 5000))


def test_books_that_do_not_agree_on_what_was_given_otherwise(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    refund_in_vain(api, monkeypatch, staff, id_of(customer, order), amount="50.00")
    assert let_be(staff, order) == []
    (payment,) = attempts(api, order)
    change = "UPDATE payments SET given_otherwise = given_otherwise + :by WHERE provider_reference = :name"
    run(api, change, by=1, name=payment.provider_reference)
    assert found(staff, order) == [("BOOKS_DISAGREE", "50.01", "50.00")]
    run(api, change, by=-1, name=payment.provider_reference)
    assert found(staff, order) == []
