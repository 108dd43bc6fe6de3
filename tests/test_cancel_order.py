"""Cancelling an order: while it is not paid, by its customer or by staff."""

from datetime import timedelta

import pytest

from tests.answers import STAFF_MAY, done, illegal, invalid, not_found, refused, shown
from tests.api import Api
from tests.behind import traces, unchanged
from tests.test_strong_authentication import approve_unheard, begin


def test_a_customer_ends_what_was_not_paid(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")

    assert customer.run("cancel_order", orderId=order["id"], reason="  Changed my mind. ") == done(
        order, "CANCELLED", 2
    )

    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("UNPAID", "CANCELLED", "CUSTOMER")
    assert left.mails == ("ORDER_PLACED", "ORDER_CANCELLED")
    assert left.refunds == ()
    history = customer.run("order_tracking", number=order["number"])["tracking"]["history"]["nodes"]
    assert history[-1]["reason"] == "Changed my mind."
    with unchanged(api, order):
        again = customer.run("cancel_order", orderId=order["id"])
        assert again == {"order": shown(order, "CANCELLED", 2), "errors": [illegal("CANCELLED", "REORDER")]}
        paying = customer.pay(order)
        assert paying["errors"] == [illegal("CANCELLED", "REORDER")]


def test_staff_do_too(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    assert staff.run("cancel_order", orderId=order["id"], reason="Doubled.") == done(order, "CANCELLED", 2)
    assert traces(api, order).transitions[-1] == ("UNPAID", "CANCELLED", "STAFF")


def test_what_is_paid_is_not_cancelled(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with unchanged(api, order):
        payload = customer.run("cancel_order", orderId=order["id"])
        assert payload == {"order": shown(order, "CONFIRMATION", 3), "errors": [illegal("CONFIRMATION", "WITHDRAW")]}
        payload = staff.run("cancel_order", orderId=order["id"])
        assert payload["errors"] == [illegal("CONFIRMATION", *STAFF_MAY["CONFIRMATION"])]


def test_an_attempt_that_only_the_provider_can_end_stands_in_the_way(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_timeout")
    underway = refused("PAYMENT_IN_PROGRESS", "A payment of this order is under way; wait for its outcome.")
    with unchanged(api, order):
        for person in (customer, staff):
            payload = person.run("cancel_order", orderId=order["id"])
            assert payload == {"order": shown(order, "UNPAID", 2), "errors": [underway]}


@pytest.mark.parametrize("by", ["customer", "staff"])
def test_an_announced_transfer_ends_with_the_order(api: Api, by: str) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    transfer = customer.pay(order, "", "BANK_TRANSFER")["payment"]["id"]
    person = customer if by == "customer" else staff
    cancelled = person.run("cancel_order", orderId=order["id"], expectedVersion=2)
    assert cancelled == done(order, "CANCELLED", 3)
    assert [payment[1] for payment in traces(api, order).payments] == ["CANCELLED"]

    # Its money comes all the same, and goes back.
    payload = staff.run("record_bank_transfer", paymentId=transfer)
    assert (payload["payment"]["status"], payload["errors"]) == ("REFUNDED", [])
    left = traces(api, order)
    left.check()
    assert left.order[0] == "CANCELLED"
    assert left.refunds == (("PENDING", 17868),)
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "ORDER_CANCELLED")


def test_a_history_never_runs_backwards(api: Api) -> None:
    customer = api.customer()
    api.running.move_clock(timedelta(minutes=5))
    order = customer.place("server")
    api.running.move_clock(-timedelta(minutes=5))
    assert customer.run("cancel_order", orderId=order["id"])["errors"] == []
    history = customer.run("order_tracking", number=order["number"])["tracking"]["history"]["nodes"]
    assert [each["at"] for each in history] == sorted(each["at"] for each in history)


def test_an_attempt_that_waits_for_the_customer_is_ended_first(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)
    cancelled = customer.run("cancel_order", orderId=order["id"], expectedVersion=3)
    assert cancelled == done(order, "CANCELLED", 5)
    left = traces(api, order)
    left.check()
    assert left.charged == [("CANCELLED", 17868)]


def test_an_attempt_that_proves_paid_takes_the_order_on(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    assert customer.run("cancel_order", orderId=order["id"]) == {
        "order": shown(order, "CONFIRMATION", 4),
        "errors": [illegal("CONFIRMATION", "WITHDRAW")],
    }
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")


def test_another_ones_order_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        for unknown in (order["id"], "T3JkZXI6bm90aGluZw"):
            payload = other.run("cancel_order", orderId=unknown)
            assert payload == {"order": None, "errors": [not_found("order", "orderId")]}


def test_a_reason_has_a_length(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        payload = customer.run("cancel_order", orderId=order["id"], reason="r" * 1001)
    assert payload == {"order": shown(order, "UNPAID", 1), "errors": [invalid("This text is too long.", "reason")]}
