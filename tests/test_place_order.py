"""Placing an order: what it costs, what is refused, and that the same key never places it twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.account import AccountType
from tests.answers import failures, invalid, refused
from tests.api import Api
from tests.behind import traces, unchanged

WAIVER = invalid(
    "The basket has a product that one cannot withdraw from: waive that right to order it.", "waiveWithdrawal"
)


def test_makes_an_unpaid_order_that_expires_in_a_day(api: Api) -> None:
    customer = api.customer()

    payload = customer.run("place_order", lines=[{"productCode": "server", "quantity": 2}])

    order = payload["order"]
    assert payload["errors"] == []
    assert (order["status"], order["version"]) == ("UNPAID", 1)
    assert len(order["number"]) == 10
    assert order["number"].isdigit()
    # Two servers and two set-up fees, with 20 % VAT.
    assert order["total"] == {"amount": "357.36", "currency": "EUR"}
    shown = customer.run("purchase_order", number=order["number"])["purchaseOrder"]
    assert [(line["product"]["code"], line["quantity"], line["unitPrice"]["amount"]) for line in shown["lines"]] == [
        ("server", 2, "99.90"),
        ("setup", 2, "49.00"),
    ]
    created, expires = (datetime.fromisoformat(shown[name]) for name in ("createdAt", "expiresAt"))
    assert expires - created == timedelta(hours=24)
    assert not shown["expired"]
    assert shown["billingDetails"] == {
        "name": "Robin Example",
        "organisation": None,
        "vatNumber": None,
        "addressLines": ["2 Example Road"],
        "postalCode": "1000",
        "city": "Town",
        "country": "FR",
        "email": customer.account.email,
    }
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED",)
    assert left.transitions == [(None, "UNPAID", "CUSTOMER")]


def test_same_key_places_once_whoever_is_first(api: Api) -> None:
    customer = api.customer()

    def place(_: int) -> Any:
        return customer.run("place_order", lines=[{"productCode": "book"}], idempotencyKey="the same")

    with ThreadPoolExecutor(10) as pool:
        payloads = list(pool.map(place, range(20)))

    assert all(payload == payloads[0] for payload in payloads)
    assert len(customer.run("my_orders")["nodes"]) == 1
    with unchanged(api, payloads[0]["order"]):
        other = customer.run("place_order", lines=[{"productCode": "server"}], idempotencyKey="the same")
    message = "This idempotency key has been used for another request."
    assert other == {"order": None, "errors": [refused("IDEMPOTENCY_MISMATCH", message, "idempotencyKey")]}


def test_a_refusal_is_replayed_under_its_key(api: Api) -> None:
    customer = api.customer()
    first, second = (
        customer.run("place_order", lines=[{"productCode": "domain"}], idempotencyKey="no") for _ in range(2)
    )
    assert first == second == {"order": None, "errors": [WAIVER]}
    waived = {"lines": [{"productCode": "domain"}], "waiveWithdrawal": True}
    other = customer.run("place_order", **waived, idempotencyKey="no")
    assert [error["code"] for error in other["errors"]] == ["IDEMPOTENCY_MISMATCH"]
    assert customer.run("place_order", **waived)["errors"] == []


def test_who_need_not_waive(api: Api) -> None:
    company = api.customer(account_type=AccountType.COMPANY)
    assert company.place("domain", "server")["status"] == "UNPAID"


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], invalid("An order has 1 to 50 lines.", "lines")),
        ([{"productCode": "book"}] * 51, invalid("An order has 1 to 50 lines.", "lines")),
        (
            [{"productCode": "book"}, {"productCode": "book", "quantity": 0}],
            invalid("A quantity is between 1 and 1000.", "lines", "1", "quantity"),
        ),
        (
            [{"productCode": "book", "quantity": 1001}],
            invalid("A quantity is between 1 and 1000.", "lines", "0", "quantity"),
        ),
        (
            [{"productCode": "book", "quantity": -1}],
            invalid("A quantity is between 1 and 1000.", "lines", "0", "quantity"),
        ),
        *(
            (
                [{"productCode": "book"}, {"productCode": code}],
                refused(
                    "PRODUCT_NOT_AVAILABLE",
                    f"{code} cannot be ordered, or not in your currency.",
                    *("lines", "1", "productCode"),
                ),
            )
            # Not in the catalogue any more, only sold along with others, never heard of.
            for code in ("unsold", "setup", "nothing")
        ),
    ],
)
def test_a_basket_that_makes_no_order(api: Api, lines: list[dict[str, Any]], error: dict[str, Any]) -> None:
    customer = api.customer()
    assert customer.run("place_order", lines=lines) == {"order": None, "errors": [error]}
    assert customer.run("my_orders")["nodes"] == []


def test_what_is_not_sold_in_ones_currency(api: Api) -> None:
    customer = api.customer(country="CH", currency="CHF")
    payload = customer.run("place_order", lines=[{"productCode": "book"}])
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("PRODUCT_NOT_AVAILABLE", ["lines"])]


def test_the_largest_order_adds_up(api: Api) -> None:
    customer = api.customer()
    lines = [{"productCode": "server", "quantity": 1000}] * 50
    order = customer.run("place_order", lines=lines)["order"]
    assert order["total"]["amount"] == "8934000.00"
    assert customer.pay(order)["payment"]["amount"]["amount"] == "8934000.00"
    traces(api, order).check()


def test_numbers_that_are_none_are_refused_before_anything(api: Api) -> None:
    customer = api.customer()
    for quantity in (1.5, "1", 2**31, None, True):
        lines = [{"productCode": "book", "quantity": quantity}]
        assert failures(customer, "place_order", lines=lines, idempotencyKey="k") == ["BAD_USER_INPUT"]
    assert customer.run("my_orders")["nodes"] == []
