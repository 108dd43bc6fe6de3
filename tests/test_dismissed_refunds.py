"""Refunds that failed and that staff let be: what the customer was given otherwise is not given once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from gateways.payments import Charge, ChargeStatus, ProviderRefusal
from models.money import Money
from models.payment import Payment, RefundStatus
from ordering.settling import apply_charge
from schema.ids import uuid_of
from tests.answers import plain, refused
from tests.api import Api, Person
from tests.behind import traces, unchanged
from tests.telling import Slow, attempts, event, every, failed_refund, id_of, journal, refunds, tell
from tests.test_failed_refunds import did_and_refused, named_there
from tests.test_money_audit import found, run
from tests.test_outstanding_refunds import PAYMENT, booked, outstanding
from tests.test_strong_authentication import approve_unheard, begin

NOTHING_LEFT = plain(refused("REFUND_NOT_POSSIBLE", "Nothing is left that could be refunded, or less than that."))


OWED = plain(refused("REFUND_OWED", "This refund is owed: it is no mistake.", "givenOtherwise"))


@contextmanager
def refusing(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The provider pays nothing out."""

    async def refuse(**_: Any) -> Any:
        raise ProviderRefusal("expired_card")

    with monkeypatch.context() as patched:
        patched.setattr(api.running.sandbox, "refund", refuse)
        yield


def refund_in_vain(api: Api, monkeypatch: pytest.MonkeyPatch, staff: Person, payment: str, **fields: Any) -> None:
    with refusing(api, monkeypatch):
        staff.run("refund_payment", paymentId=payment, **fields)


def complete(staff: Person, order: dict[str, Any]) -> None:
    for step in ("confirm_order", "complete_order"):
        assert staff.run(step, orderId=order["id"])["errors"] == []


def given_up(api: Api, payment: Payment) -> None:
    """As the provider had said, which was not so."""
    told = Charge(
        reference=payment.provider_reference or "",
        status=ChargeStatus.CANCELLED,
        amount=Money(payment.currency, payment.amount),
        attempt=str(payment.id),
    )

    async def apply() -> None:
        async with api.running.database.writing() as tx:
            await apply_charge(tx, payment.id, told)

    api.running.do(apply())


def let_be(staff: Person, order: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """The errors."""
    (failed,) = outstanding(staff, order)
    payload = staff.run("dismiss_refund", refundId=failed["id"], reason="Paid in cash.", **fields)
    assert payload["refund"]["id"] == failed["id"]
    (payment,) = (each for each in attempts(staff.api, order) if each.id == uuid_of(failed["payment"]["id"], "Payment"))
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


def test_what_the_end_of_an_order_promises_is_no_mistake(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with refusing(api, monkeypatch):
        assert staff.run("refuse_order", orderId=order["id"], reason="No.")["errors"] == []
        api.running.relay_once()
    with unchanged(api, order):
        assert let_be(staff, order, givenOtherwise=False) == [OWED]
    assert let_be(staff, order) == []
    assert [each.given_otherwise for each in attempts(api, order)] == [17868]
    assert found(staff, order) == []


@pytest.mark.parametrize("given", [True, False])
def test_what_failed_before_the_end_of_an_order_is_promised_by_that(api: Api, given: bool) -> None:
    """Whatever staff say of it, all of it has gone back."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    api.running.do(failed_refund(api, id_of(customer, order)))
    assert staff.run("refuse_order", orderId=order["id"], reason="No.")["errors"] == []
    api.running.relay_once()
    assert let_be(staff, order, givenOtherwise=given) == []
    assert [each.given_otherwise for each in attempts(api, order)] == [0]
    assert found(staff, order) == []


def test_what_failed_before_a_withdrawal_is_covered_by_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what has been used nothing is owed, and no credit note says so."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    complete(staff, order)
    refund_in_vain(api, monkeypatch, staff, id_of(customer, order), amount="50.00")
    api.running.move_clock(timedelta(days=9, hours=12))
    assert customer.run("withdraw_from_order", orderId=order["id"])["errors"] == []
    api.running.relay_once()
    *_, (_, owed) = traces(api, order).refunds
    assert 5000 < owed < 17868

    assert let_be(staff, order, givenOtherwise=False) == []

    left = traces(api, order)
    left.check()
    assert left.documents == (("INVOICE", 17868), ("CREDIT_NOTE", owed))
    assert outstanding(staff, order) == []


def test_what_an_order_was_paid_twice_is_no_mistake(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    (late,) = attempts(api, order)
    given_up(api, late)
    customer.pay(order, "sandbox_card")
    with refusing(api, monkeypatch):
        api.running.do(tell(api, event(charge=late.provider_reference)))
        api.running.relay_once()
    with unchanged(api, order):
        assert let_be(staff, order, givenOtherwise=False) == [OWED]
    assert let_be(staff, order) == []
    assert found(staff, order) == []


@pytest.mark.parametrize(("amount", "counted"), [(5000, 5000), (17868, 0)])
def test_one_that_was_let_be_and_proves_paid_out_is_booked_and_staff_are_told(
    api: Api, monkeypatch: pytest.MonkeyPatch, amount: int, counted: int
) -> None:
    """The customer has it twice now; of more than was paid, what the provider has paid out counts."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with monkeypatch.context() as patched:
        did_and_refused(api, patched)
        staff.run("refund_payment", paymentId=id_of(customer, order), amount=f"{amount / 100:.2f}")
    assert let_be(staff, order) == []
    told = event(refund=named_there(api, order))

    for _ in range(2):
        api.running.do(tell(api, told))

    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
    assert (held["reason"], held["order"]["id"]) == ("REFUNDED_TOO_MUCH", order["id"])
    left = traces(api, order)
    left.check()
    assert (left.refunds, left.charged) == ((("SUCCEEDED", amount),), [("SUCCEEDED", 17868 - amount)])
    kinds = ("PROMISED", "FAILED", "REOPENED", "PAID")
    assert sorted(journal(api, order)) == sorted([PAYMENT, *(booked(f"REFUND_{kind}", amount) for kind in kinds)])
    assert [each.given_otherwise for each in attempts(api, order)] == [counted]
    assert found(staff, order) == []
    assert staff.run("apply_held_event", eventId=held["id"])["errors"] == []
    assert told.id not in [each["eventId"] for each in every(staff, "held_events")]


@pytest.mark.parametrize("invoiced", ["before", "afterwards"])
def test_the_invoice_is_corrected_by_what_was_given_otherwise(
    api: Api, monkeypatch: pytest.MonkeyPatch, invoiced: str
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")

    if invoiced == "before":
        complete(staff, order)
    refund_in_vain(api, monkeypatch, staff, id_of(customer, order), amount="50.00")
    assert let_be(staff, order) == []
    if invoiced == "afterwards":
        complete(staff, order)

    assert traces(api, order).documents == (("INVOICE", 17868), ("CREDIT_NOTE", 5000))
    assert found(staff, order) == []


def test_one_that_came_back_and_is_let_be_keeps_its_credit_note(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer was given it otherwise: there is nothing to invoice again, and it is no mistake."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    complete(staff, order)
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
