"""Withdrawing: a consumer's right for fourteen days; the time that was not used goes back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from models.account import AccountType
from tests.answers import done, illegal, not_found, refused, shown
from tests.api import Api, Person
from tests.behind import traces, unchanged

NO_RIGHT = refused("WITHDRAWAL_NOT_POSSIBLE", "There is no right to withdraw from this order, or no longer.")


def moved_to(api: Api, customer: Person, status: str) -> dict[str, Any]:
    order, staff = customer.place_and_pay("server"), api.staff()
    if status == "DOCUMENTS_REQUESTED":
        staff.run("request_documents", orderId=order["id"], documents=["OTHER"])
    elif status != "CONFIRMATION":
        staff.run("confirm_order", orderId=order["id"])
    return order


@pytest.mark.parametrize(
    ("status", "version"), [("CONFIRMATION", 3), ("DOCUMENTS_REQUESTED", 4), ("BEING_PROCESSED", 4)]
)
def test_before_delivery_all_goes_back(api: Api, status: str, version: int) -> None:
    customer = api.customer()
    order = moved_to(api, customer, status)

    payload = customer.run("withdraw_from_order", orderId=order["id"], reason="Not needed.")

    assert payload == done(order, "CANCELLED", version + 2)
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == (status, "CANCELLED", "CUSTOMER")
    assert left.refunds == (("SUCCEEDED", 17868),)
    assert left.charged == [("SUCCEEDED", 0)]
    assert left.mails[-2:] == ("ORDER_CANCELLED", "REFUNDED")
    assert left.documents == ()
    with unchanged(api, order):
        again = customer.run("withdraw_from_order", orderId=order["id"])
    assert again["errors"] == [illegal("CANCELLED", "REORDER")]


def test_after_delivery_the_days_that_are_left_go_back(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = moved_to(api, customer, "BEING_PROCESSED")
    staff.run("complete_order", orderId=order["id"])
    api.running.move_clock(timedelta(days=9, hours=12))

    payload = customer.run("withdraw_from_order", orderId=order["id"])

    assert payload == done(order, "CANCELLED", 7)
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    # Of 30 days ten have begun: two thirds of 119.88 with VAT, and the set-up fee of 58.80, which is for no time.
    assert left.refunds == (("SUCCEEDED", 7992 + 5880),)
    assert left.documents == (("INVOICE", 17868), ("CREDIT_NOTE", 7992 + 5880))
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    assert (payment["status"], payment["refunded"]["amount"]) == ("PARTIALLY_REFUNDED", "138.72")


def test_the_right_ends(api: Api) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    until = datetime.fromisoformat(customer.run("order_actions", number=order["number"])["withdrawableUntil"])
    now = api.running.do(api.running.database.moment())
    assert timedelta(days=14) < until - now < timedelta(days=20)
    api.running.move_clock(until - now)
    with unchanged(api, order):
        payload = customer.run("withdraw_from_order", orderId=order["id"])
    assert payload == {"order": shown(order, "CONFIRMATION", 3), "errors": [NO_RIGHT]}


def test_those_who_have_no_such_right(api: Api) -> None:
    company = api.customer(account_type=AccountType.COMPANY)
    waived = api.customer()
    orders = [
        (company, company.place_and_pay("server")),
        (waived, waived.place("server", waiveWithdrawal=True)),
        (waived, waived.place("domain", waiveWithdrawal=True)),
    ]
    for customer, order in orders:
        customer.pay(order)
        seen = customer.run("order_actions", number=order["number"])
        assert seen["withdrawableUntil"] is None
        (why,) = [each for each in seen["actions"] if each["action"] == "WITHDRAW"]
        assert (why["allowed"], why["code"], why["reason"]) == (False, NO_RIGHT["code"], NO_RIGHT["message"])
        with unchanged(api, order):
            payload = customer.run("withdraw_from_order", orderId=order["id"])
        assert payload == {"order": shown(order, "CONFIRMATION", 3), "errors": [NO_RIGHT]}


def test_an_unpaid_order_is_cancelled_instead(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        payload = customer.run("withdraw_from_order", orderId=order["id"])
    assert payload == {"order": shown(order, "UNPAID", 1), "errors": [illegal("UNPAID", "PAY", "CANCEL")]}


def test_another_ones_order_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    order = customer.place_and_pay("server")
    with unchanged(api, order):
        for unknown in (order["id"], "T3JkZXI6bm90aGluZw"):
            payload = other.run("withdraw_from_order", orderId=unknown)
            assert payload == {"order": None, "errors": [not_found("order", "orderId")]}
