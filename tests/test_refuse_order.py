"""Refusing an order: staff do not accept it, or cannot deliver it; the customer reads why and gets the money back."""

from typing import Any

import pytest

from tests.answers import STAFF_MAY, done, illegal, invalid, shown
from tests.api import Api
from tests.behind import traces, unchanged


@pytest.mark.parametrize(
    ("status", "before", "version"),
    [
        ("CONFIRMATION", None, 3),
        ("DOCUMENTS_REQUESTED", ("request_documents", {"documents": ["OTHER"]}), 4),
        ("BEING_PROCESSED", ("confirm_order", {}), 4),
    ],
)
def test_all_money_goes_back(api: Api, status: str, before: tuple[str, dict[str, Any]] | None, version: int) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    if before:
        staff.run(before[0], orderId=order["id"], **before[1])

    payload = staff.run("refuse_order", orderId=order["id"], reason="Out of stock.")

    assert payload == done(order, "CANCELLED", version + 2)
    assert traces(api, order).refunds == (("PENDING", 17868),)
    for _ in range(2):
        api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == (status, "CANCELLED", "STAFF")
    assert left.refunds == (("SUCCEEDED", 17868),)
    assert left.charged == [("SUCCEEDED", 0)]
    assert left.mails[-2:] == ("ORDER_CANCELLED", "REFUNDED")
    assert left.documents == ()
    history = customer.run("order_tracking", number=order["number"])["tracking"]["history"]["nodes"]
    assert history[-1]["reason"] == "Out of stock."
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    assert (payment["status"], payment["refunded"]["amount"]) == ("REFUNDED", "178.68")


def test_prepaid_money_returns_to_its_account(api: Api) -> None:
    customer, staff = api.customer(prepaid=17_868), api.staff()
    order = customer.place("server")
    customer.pay(order, "", "PREPAID_ACCOUNT")
    staff.run("refuse_order", orderId=order["id"], reason="No.")
    left = traces(api, order)
    left.check()
    assert left.refunds == (("SUCCEEDED", 17868),)
    again = customer.place("server")
    assert customer.pay(again, "", "PREPAID_ACCOUNT")["order"]["status"] == "CONFIRMATION"


def test_a_free_order_has_nothing_to_give_back(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("gift")
    assert staff.run("refuse_order", orderId=order["id"], reason="No.") == done(order, "CANCELLED", 3)
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "ORDER_CANCELLED")


def test_what_is_unpaid_or_over_is_not_refused(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    unpaid, complete = customer.place("server"), customer.place_and_pay("server")
    staff.run("confirm_order", orderId=complete["id"])
    staff.run("complete_order", orderId=complete["id"])
    with unchanged(api, unpaid, complete):
        for status, (order, version) in {"UNPAID": (unpaid, 1), "COMPLETE": (complete, 5)}.items():
            assert staff.run("refuse_order", orderId=order["id"], reason="No.") == {
                "order": shown(order, status, version),
                "errors": [illegal(status, *STAFF_MAY[status])],
            }


def test_the_customer_is_told_why(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with unchanged(api, order):
        for reason, message in (("", "This text is empty."), (" \n ", "This text is empty."), ("r" * 1001, None)):
            payload = staff.run("refuse_order", orderId=order["id"], reason=reason)
            error = invalid(message or "This text is too long.", "reason")
            assert payload == {"order": shown(order, "CONFIRMATION", 3), "errors": [error]}
