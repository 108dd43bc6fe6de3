"""Expiry: from its time on an order is not paid, whether or not anybody has looked; what is under way holds it."""

from datetime import timedelta
from typing import Any

import pytest

from gateways.payments import Charge, ChargeStatus, ProviderRefusal, ProviderUnavailable
from models.money import Money
from ordering.retrying import Backoff
from tests.answers import done, refused, shown
from tests.api import Api, Person
from tests.behind import traces, unchanged
from tests.telling import Telling, attempts, every
from tests.test_strong_authentication import approve_unheard, begin

DAY = timedelta(hours=24)
EXPIRED = refused("ORDER_EXPIRED", "The order has expired; please place it again.")


def test_case_05_from_its_time_on_an_order_is_not_paid(api: Api) -> None:
    customer = api.customer(prepaid=50_000)
    order = customer.place("server")
    api.running.move_clock(DAY)

    for _ in range(2):  # before the sweeper has run, and after
        status, version = traces(api, order).order[:2]
        with unchanged(api, order):
            for token, kind in (("sandbox_card", "CARD"), ("", "PREPAID_ACCOUNT"), ("", "BANK_TRANSFER")):
                payload = customer.pay(order, token, kind)
                assert payload == {"order": shown(order, status, version), "payment": None, "errors": [EXPIRED]}
        api.running.relay_once()

    assert traces(api, order).order[:2] == ("EXPIRED", 2)


def test_the_sweeper_expires_it_once_and_says_so_once(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    api.running.move_clock(DAY - timedelta(hours=4))
    api.running.relay_once()
    assert traces(api, order).mails == ("ORDER_PLACED",)
    for hours in (2, 1, 1, 5):
        api.running.move_clock(timedelta(hours=hours))
        api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "ORDER_EXPIRING", "ORDER_EXPIRED")
    assert left.transitions[-1] == ("UNPAID", "EXPIRED", "SYSTEM")
    shown_to_customer = customer.run("purchase_order", number=order["number"])
    assert shown_to_customer["status"] == "EXPIRED"
    assert shown_to_customer["purchaseOrder"]["expired"] is True
    assert [each["number"] for each in customer.run("my_orders")["nodes"]] == [order["number"]]


def test_a_paid_order_never_expires(api: Api) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    api.running.move_clock(3 * DAY)
    before = traces(api, order).own
    api.running.relay_once()
    assert traces(api, order).own == before
    assert customer.run("purchase_order", number=order["number"])["purchaseOrder"]["expired"] is False


def test_an_attempt_at_the_provider_holds_it_until_it_settles(api: Api) -> None:
    customer = api.customer()
    customer.place_and_pay("book")
    order = customer.place("server")
    api.running.move_clock(DAY - timedelta(seconds=20))
    customer.pay(order, "sandbox_sepa", "SEPA_DIRECT_DEBIT")
    api.running.move_clock(timedelta(seconds=30))

    api.running.relay_once()
    assert traces(api, order).order[0] == "UNPAID"
    assert customer.run("cancel_order", orderId=order["id"])["errors"][0]["code"] == "PAYMENT_IN_PROGRESS"
    api.running.move_clock(timedelta(minutes=5))
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [("UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER")]


def test_a_transfer_that_never_arrives_holds_it_for_its_own_time(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    customer.pay(order, "", "BANK_TRANSFER")
    api.running.move_clock(timedelta(days=13))
    api.running.relay_once()
    assert traces(api, order).order[0] == "UNPAID"
    assert customer.run("purchase_order", number=order["number"])["purchaseOrder"]["expired"] is False

    api.running.move_clock(DAY)
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.order[0] == "EXPIRED"
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    assert (payment["status"], payment["failureReason"]) == ("FAILED", "The bank transfer did not arrive in time.")


def test_an_attempt_that_waits_for_the_customer_is_cancelled_at_the_provider(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)
    api.running.move_clock(DAY)
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.order[0] == "EXPIRED"
    assert left.charged == [("CANCELLED", 17868)]
    assert [payment[1] for payment in left.payments] == ["CANCELLED"]


def test_case_07_an_attempt_that_proves_paid_takes_the_order_on(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    api.running.move_clock(DAY)
    api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [("UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER")]
    assert left.charged == [("SUCCEEDED", 17868)]
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")


@pytest.mark.parametrize("otherwise", [{"amount": Money("EUR", 1)}, {"status": ChargeStatus.ACTION_REQUIRED}])
def test_an_attempt_that_cannot_be_ended_is_asked_for_ever_more_rarely(
    api: Api, monkeypatch: pytest.MonkeyPatch, otherwise: dict[str, Any]
) -> None:
    """Its charge does not fit, or waits on whatever is asked."""
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    begin(customer, order)
    (payment,) = attempts(api, order)
    asked: list[str] = []

    async def cancel(reference: str) -> Charge:
        asked.append(reference)
        if asked.count(reference) > 3:  # or the relay would go on for ever
            raise ProviderUnavailable
        return await api.running.sandbox.retrieve(reference)

    Telling(api, monkeypatch, **otherwise)
    monkeypatch.setattr(api.running.sandbox, "cancel", cancel)
    hour = timedelta(hours=1)  # however long the relay takes for all that is due in a day
    monkeypatch.setattr("duties.rounds.WAITS", Backoff(first=hour, longest=hour))
    api.running.move_clock(DAY)
    api.running.relay_once()

    assert asked.count(str(payment.provider_reference)) == 1
    assert traces(api, order).order[0] == "UNPAID"
    doubtful = [each["atProvider"]["mismatch"] for each in every(staff, "payments_in_doubt")
                if each["order"]["id"] == order["id"]]  # fmt: skip
    assert doubtful == (["OTHER_AMOUNT"] if "amount" in otherwise else [])


def test_what_the_provider_does_not_cancel_any_more_is_looked_at(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))

    async def refuse(reference: str) -> Charge:
        raise ProviderRefusal(reference)

    monkeypatch.setattr(api.running.sandbox, "cancel", refuse)
    payload = customer.run("cancel_order", orderId=order["id"])

    assert [error["code"] for error in payload["errors"]] == ["ILLEGAL_TRANSITION"]
    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [("UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER")]


def test_an_expired_order_may_only_be_placed_again(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    api.running.move_clock(DAY)
    assert may(customer, order) == ["CANCEL"]  # in the time before anybody looked
    api.running.relay_once()
    assert may(customer, order) == ["REORDER"]
    assert may(staff, order) == []


def test_until_it_is_swept_it_can_still_be_cancelled(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    api.running.move_clock(DAY)
    assert customer.run("cancel_order", orderId=order["id"]) == done(order, "CANCELLED", 2)
    api.running.relay_once()
    assert traces(api, order).order[:2] == ("CANCELLED", 2)


def may(person: Person, order: dict[str, Any]) -> list[str]:
    actions = person.run("order_actions", number=order["number"])["actions"]
    return [each["action"] for each in actions if each["allowed"]]
