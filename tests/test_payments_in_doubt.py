"""Payments in doubt: staff see which only the provider can end, ask it at once, and stand in the history for it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from gateways.payments import Charge, ChargeStatus, ProviderRefusal, ProviderUnavailable
from models.payment import Payment
from ordering.reconciling import settle_payment
from tests.answers import failures, not_found, plain, refused
from tests.api import Api
from tests.behind import traces, unchanged
from tests.telling import Telling, attempts, every, id_of, unheard
from tests.test_money_audit import found

MINUTE = timedelta(minutes=1)


def doubtful(api: Api, order: dict[str, str]) -> list[dict[str, object]]:
    return [each for each in every(api.staff(), "payments_in_doubt") if each["order"]["id"] == order["id"]]


def test_an_attempt_without_an_answer_is_listed_until_staff_have_asked(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    payment = customer.pay(order, "sandbox_card_timeout")["payment"]
    assert doubtful(api, order) == []  # it may still be on its way
    api.running.move_clock(MINUTE)
    (listed,) = doubtful(api, order)
    assert (listed["id"], listed["status"]) == (payment["id"], "PENDING")

    checked = staff.run("check_payment", paymentId=payment["id"])

    assert (checked["errors"], checked["payment"]["status"]) == ([], "SUCCEEDED")
    assert doubtful(api, order) == []
    left = traces(api, order)
    left.check()
    done = staff.run("order_history", number=order["number"])["changes"]
    by_staff = [(each["kind"], each["staff"]["name"]) for each in done if each["actor"] == "STAFF"]
    assert by_staff == [("PAYMENT", staff.account.name)]


def test_case_64_the_reconciler_asks_ever_more_rarely(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = api.customer()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_timeout")
    monkeypatch.setattr(api.running.sandbox, "charge", unheard)
    waits = []
    for _ in range(12):
        (payment,) = attempts(api, order)
        assert payment.next_check_at is not None
        before = payment.next_check_at
        api.running.do(_ask_when_due(api, payment))
        (payment,) = attempts(api, order)
        assert payment.next_check_at is not None
        waits.append(payment.next_check_at - before)
    # The clock goes on while it is asked.
    doubled = [min(2 * 2**times, 900) for times in range(12)]
    assert all(0 <= wait.total_seconds() - seconds < 30 for wait, seconds in zip(waits, doubled, strict=True))
    monkeypatch.undo()
    api.running.move_clock(timedelta(minutes=20))
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.order[0] == "CONFIRMATION"
    assert left.charged == [("SUCCEEDED", 17868)]


async def _ask_when_due(api: Api, payment: Payment) -> None:
    """At the very moment for which it is noted."""
    database = api.running.database
    assert payment.next_check_at is not None
    database.clock_offset += payment.next_check_at - await database.moment()
    with suppress(ProviderUnavailable):
        await settle_payment(database, api.running.sandbox, payment.id)


def test_a_charge_that_its_provider_disowns_is_not_taken_for_failed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_authentication")

    async def disown(reference: str) -> None:
        raise ProviderRefusal(reference)

    monkeypatch.setattr(api.running.sandbox, "retrieve", disown)
    monkeypatch.setattr(api.running.sandbox, "cancel", disown)
    checked = staff.run("check_payment", paymentId=id_of(customer, order))
    assert checked["payment"]["status"] == "ACTION_REQUIRED"
    assert [each["atProvider"]["mismatch"] for each in doubtful(api, order)] == ["UNKNOWN_CHARGE"]  # type: ignore[index] # JSON
    api.running.move_clock(timedelta(days=1))
    api.running.relay_once()
    assert traces(api, order).order[0] == "UNPAID"  # whoever may have been paid is not expired

    monkeypatch.undo()
    api.running.move_clock(timedelta(minutes=20))
    api.running.do(api.running.relay.run_once())
    staff.run("check_payment", paymentId=id_of(customer, order))
    assert doubtful(api, order) == []


def test_what_proves_paid_when_it_had_ended_is_found_by_asking(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_declined")
    Telling(api, monkeypatch, status=ChargeStatus.SUCCEEDED, failure_code=None)
    checked = staff.run("check_payment", paymentId=id_of(customer, order))
    assert (checked["payment"]["status"], checked["payment"]["order"]["status"]) == ("SUCCEEDED", "CONFIRMATION")


def test_what_was_charged_though_the_provider_said_otherwise_is_found_by_asking(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, staff = api.customer(), api.staff()
    orders = {made: customer.place("server") for made in (True, False)}
    charge = api.running.sandbox.charge

    async def lie(**asked: Any) -> Charge:
        await charge(**asked)
        raise ProviderRefusal("processing_error")

    async def refuse(**_: Any) -> Charge:
        raise ProviderRefusal("processing_error")

    for made, order in orders.items():
        with monkeypatch.context() as patched:
            patched.setattr(api.running.sandbox, "charge", lie if made else refuse)
            assert customer.pay(order, "sandbox_card")["payment"]["status"] == "FAILED"
    assert [each[0] for each in found(staff, orders[True])] == ["NOT_BOOKED"]

    checked = {made: staff.run("check_payment", paymentId=id_of(customer, order)) for made, order in orders.items()}

    told = {made: (each["payment"]["status"], each["payment"]["order"]["status"]) for made, each in checked.items()}
    assert told == {True: ("SUCCEEDED", "CONFIRMATION"), False: ("FAILED", "UNPAID")}
    for order in orders.values():
        left = traces(api, order)
        left.check()
        assert "STAFF" in [entry[-1] for entry in left.log]
        assert found(staff, order) == []


def test_what_has_ended_at_another_provider_cannot_be_asked(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    monkeypatch.setattr(api.running.sandbox, "owns", lambda _: False)
    with unchanged(api, order):
        errors = staff.run("check_payment", paymentId=id_of(customer, order))["errors"]
    message = "The payment provider was never asked for this payment."
    assert errors == [plain(refused("NOTHING_TO_ASK", message, "paymentId"))]


def test_what_no_provider_knows_cannot_be_asked(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "", "BANK_TRANSFER")
    message = "The payment provider was never asked for this payment."
    with unchanged(api, order):
        errors = staff.run("check_payment", paymentId=id_of(customer, order))["errors"]
        assert errors == [plain(refused("NOTHING_TO_ASK", message, "paymentId"))]
        for unknown in ("", order["id"]):
            payload = staff.run("check_payment", paymentId=unknown)
            assert payload == {"payment": None, "errors": [plain(not_found("payment", "paymentId"))]}
    paid = customer.place_and_pay("server")
    monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
    assert failures(staff, "check_payment", paymentId=id_of(customer, paid)) == ["UNAVAILABLE"]


def test_customers_do_not_see_how_it_stands_at_the_provider(api: Api) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    text = "query ($n: String!) { order(number: $n) { payments { atProvider { reference } } } }"
    assert customer.send(text, {"n": order["number"]})["data"]["order"]["payments"] == [{"atProvider": None}]
    seen = api.staff().send(text, {"n": order["number"]})["data"]["order"]["payments"]
    assert seen[0]["atProvider"]["reference"].startswith("ch_")
