"""What is not paid: refused before anything is stored, and before the provider hears of it."""

from typing import Any

import pytest

from tests.answers import failures, invalid, not_found, shown
from tests.api import Api
from tests.behind import unchanged
from tests.test_pay_order import ALREADY_PAID


def test_what_is_paid_is_not_paid_again(api: Api) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    with unchanged(api, order):
        again = customer.pay(order)
    assert again == {"order": shown(order, "CONFIRMATION", 3), "payment": None, "errors": [ALREADY_PAID]}


def test_another_customers_order_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        for unknown in (order, {"id": "T3JkZXI6bm90aGluZw"}):
            assert other.pay(unknown) == {"order": None, "payment": None, "errors": [not_found("order", "orderId")]}


@pytest.mark.parametrize(
    ("method", "message", "field"),
    [
        ({"kind": "CARD"}, "A provider token goes with card, direct debit and PayPal, and with no other kind.", None),
        (
            {"kind": "BANK_TRANSFER", "providerToken": "sandbox_card"},
            "A provider token goes with card, direct debit and PayPal, and with no other kind.",
            None,
        ),
        ({"kind": "BANK_TRANSFER", "save": True}, "This kind of payment method cannot be saved.", "save"),
        ({"kind": "CARD", "providerToken": "t" * 256}, "This text is too long.", None),
    ],
)
def test_a_method_that_makes_no_sense_is_refused(
    api: Api, method: dict[str, Any], message: str, field: str | None
) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        payload = customer.run("pay_order", orderId=order["id"], source={"newMethod": method})
    error = invalid(message, "source", "newMethod", field or "providerToken")
    assert payload == {"order": shown(order, "UNPAID", 1), "payment": None, "errors": [error]}


def test_the_customer_is_sent_to_our_own_pages_only(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        for url in ("https://evil.example/", api.url.replace("http:", "ftp:"), api.url + ".evil.example", "//x"):
            payload = customer.pay(order, returnUrl=url)
            assert payload["errors"] == [invalid("The address to come back to is not one of ours.", "returnUrl")]


def test_case_13_what_it_costs_is_never_taken_from_the_client(api: Api) -> None:
    """There is no input for an amount, a currency or a rate: one that is sent is refused before anything is done."""
    customer = api.customer()
    order = customer.place("server")
    method = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
    with unchanged(api, order):
        for extra in ({"amount": "0.01"}, {"currency": "JPY"}, {"total": {"amount": "0.01", "currency": "EUR"}}):
            fields = {"orderId": order["id"], "source": method, "idempotencyKey": "k", **extra}
            assert failures(customer, "pay_order", **fields) == ["BAD_USER_INPUT"]
        for extra in ({"unitPrice": "0.01"}, {"taxRate": "0"}):
            lines = [{"productCode": "server", **extra}]
            assert failures(customer, "place_order", lines=lines, idempotencyKey="k") == ["BAD_USER_INPUT"]
    assert len(customer.run("my_orders")["nodes"]) == 1


def test_an_order_is_paid_with_one_method(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    both = {"savedMethodId": "x", "newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
    with unchanged(api, order):
        for source in ({}, both, {"newMethod": None}):
            fields = {"orderId": order["id"], "source": source, "idempotencyKey": "k"}
            assert failures(customer, "pay_order", **fields) == ["BAD_USER_INPUT"]
