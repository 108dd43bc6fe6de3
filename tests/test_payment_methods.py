"""Saved payment methods: added, the default one, removed; which can pay this order, and why the others cannot."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from models.account import AccountType
from models.payment import PaymentMethod
from schema.ids import uuid_of
from tests.answers import not_found, plain, refused, shown
from tests.api import Api, Person
from tests.behind import traces, unchanged

IN_USE = plain(
    refused(
        "PAYMENT_METHOD_IN_USE",
        "This payment method is the default, or a payment with it is under way.",
        "paymentMethodId",
    )
)


def add(customer: Person, token: str = "sandbox_card", kind: str = "CARD", **fields: Any) -> dict[str, Any]:
    payload = customer.run("add_payment_method", kind=kind, providerToken=token, **fields)
    assert payload["errors"] == []
    return dict(payload["paymentMethod"])


def saved(customer: Person) -> list[dict[str, Any]]:
    return list(customer.send("{ viewer { ... on Customer { paymentMethods { id default } } } }")["data"]["viewer"][
        "paymentMethods"
    ])  # fmt: skip


def options(customer: Person, order: dict[str, Any]) -> dict[str, Any]:
    """By method, why it cannot pay the order."""
    shown_options = customer.run("purchase_order", number=order["number"])["purchaseOrder"]["savedPaymentMethods"]
    return {each["method"]["id"]: (each["usable"], each["code"], each["reason"]) for each in shown_options}


async def expire(api: Api, method: dict[str, Any]) -> None:
    """Its last day was yesterday."""
    async with api.running.database.writing() as tx:
        stored = await tx.session.get_one(PaymentMethod, uuid_of(method["id"], "PaymentMethod"))
        stored.expires_on = tx.now.date() - timedelta(days=1)


def test_a_card_is_saved_and_pays(api: Api) -> None:
    customer = api.customer()
    method = add(customer, description="Mine")
    year = api.running.do(api.running.database.moment()).year + 3
    assert {**method, "id": ""} == {
        "id": "",
        "kind": "CARD",
        "label": "Visa ending in 4242",
        "description": "Mine",
        "status": "VALID",
        "default": True,
        "expiresOn": date(year, 12, 31).isoformat(),
    }
    order = customer.place("server")
    assert options(customer, order) == {method["id"]: (True, None, None)}

    payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": method["id"]})

    assert payload["order"] == shown(order, "CONFIRMATION", 3)
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    assert payment["method"] == {"id": method["id"], "label": "Visa ending in 4242"}
    traces(api, order).check()


def test_the_same_token_is_saved_once(api: Api) -> None:
    customer = api.customer()
    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(lambda _: add(customer)["id"], range(6)))
    assert [each["id"] for each in saved(customer)] == list(ids)


def test_one_is_the_default(api: Api) -> None:
    customer = api.customer()
    first, second = add(customer), add(customer, "sandbox_paypal", "PAYPAL")
    assert [first["default"], second["default"]] == [True, False]
    third = add(customer, "sandbox_card_authentication", makeDefault=True)
    assert {each["id"] for each in saved(customer) if each["default"]} == {third["id"]}

    with ThreadPoolExecutor(6) as pool:
        ids = [first["id"], second["id"], third["id"]] * 2
        list(pool.map(lambda id: customer.run("set_default_payment_method", paymentMethodId=id), ids))
    assert sum(each["default"] for each in saved(customer)) == 1


def test_the_default_goes_last(api: Api) -> None:
    customer = api.customer()
    first, second = add(customer), add(customer, "sandbox_paypal", "PAYPAL")
    assert customer.run("remove_payment_method", paymentMethodId=first["id"])["errors"] == [IN_USE]
    for method in (second, first):
        assert customer.run("remove_payment_method", paymentMethodId=method["id"])["errors"] == []
    assert saved(customer) == []
    gone = plain(not_found("payment method", "paymentMethodId"))
    again = customer.run("remove_payment_method", paymentMethodId=first["id"])
    assert [plain(error) for error in again["errors"]] == [gone]


def test_one_that_is_paying_stays(api: Api) -> None:
    customer = api.customer()
    add(customer)
    method = add(customer, "sandbox_card_authentication")
    order = customer.place("server")
    customer.run("pay_order", orderId=order["id"], source={"savedMethodId": method["id"]})
    assert customer.run("remove_payment_method", paymentMethodId=method["id"])["errors"] == [IN_USE]
    customer.run("cancel_order", orderId=order["id"])
    assert customer.run("remove_payment_method", paymentMethodId=method["id"])["errors"] == []


def test_paying_can_save_the_method(api: Api) -> None:
    customer = api.customer()
    declined, order = customer.place("server"), customer.place("server")
    for each, token in ((declined, "sandbox_card_declined"), (order, "sandbox_card")):
        source = {"newMethod": {"kind": "CARD", "providerToken": token, "save": True}}
        customer.run("pay_order", orderId=each["id"], source=source)
    (method,) = saved(customer)
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    assert payment["method"]["id"] == method["id"]


def test_case_15_another_ones_method_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    theirs = add(other)
    removed = add(customer)
    customer.run("remove_payment_method", paymentMethodId=removed["id"])
    order = customer.place("server")
    error = not_found("payment method", "source", "savedMethodId")
    with unchanged(api, order):
        for unknown in (theirs["id"], removed["id"], "UGF5bWVudE1ldGhvZDpub3RoaW5n", order["id"], ""):
            payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": unknown})
            assert payload == {"order": shown(order, "UNPAID", 1), "payment": None, "errors": [error]}
    for name in ("set_default_payment_method", "remove_payment_method"):
        answers = [customer.run(name, paymentMethodId=each) for each in (theirs["id"], "nothing")]
        assert answers[0] == answers[1]
        assert answers[0]["paymentMethod"] is None
    assert len(saved(other)) == 1


def test_a_card_that_has_run_out_does_not_pay(api: Api) -> None:
    customer = api.customer()
    card = add(customer)
    api.running.do(expire(api, card))
    order = customer.place("server")
    assert options(customer, order)[card["id"]][:2] == (False, "METHOD_EXPIRED")
    with unchanged(api, order):
        payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": card["id"]})
    assert [error["code"] for error in payload["errors"]] == ["PAYMENT_METHOD_NOT_USABLE"]


def test_each_method_says_why_it_cannot_pay_this_order(api: Api) -> None:
    customer = api.customer()
    card, debit = add(customer), add(customer, "sandbox_sepa", "SEPA_DIRECT_DEBIT")
    order = customer.place("server")
    first = "This kind of payment is not possible for an account's first order."
    assert options(customer, order) == {card["id"]: (True, None, None), debit["id"]: (False, "FIRST_ORDER", first)}

    with unchanged(api, order):  # and no other method is taken in its place
        payload = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": debit["id"]})
    assert payload["errors"] == [
        refused(
            "PAYMENT_METHOD_NOT_USABLE",
            f"This payment method cannot pay this order: {first}",
            *("source", "savedMethodId"),
        )
    ]
    customer.pay(order)
    second = customer.place("server")
    assert options(customer, second)[debit["id"]] == (True, None, None)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, ["CARD", "SEPA_DIRECT_DEBIT", "PAYPAL", "PREPAID_ACCOUNT", "BANK_TRANSFER"]),
        ({"country": "US", "currency": "USD"}, ["CARD", "PAYPAL", "PREPAID_ACCOUNT", "BANK_TRANSFER"]),
        ({"country": "PL", "currency": "PLN"}, ["CARD", "PAYPAL", "PREPAID_ACCOUNT", "BANK_TRANSFER"]),
        (
            {"account_type": AccountType.ADMINISTRATION},
            ["CARD", "SEPA_DIRECT_DEBIT", "PREPAID_ACCOUNT", "DEFERRED_PAYMENT", "BANK_TRANSFER"],
        ),
    ],
)
def test_what_is_offered_depends_on_country_and_account_type(
    api: Api, fields: dict[str, Any], kinds: list[str]
) -> None:
    customer = api.customer(**fields)
    order = customer.place("server")
    offered = customer.run("purchase_order", number=order["number"])["purchaseOrder"]["availablePaymentMethods"]
    assert [each["kind"] for each in offered] == kinds
    for kind in {"SEPA_DIRECT_DEBIT", "PAYPAL"} - set(kinds):
        token = {"SEPA_DIRECT_DEBIT": "sandbox_sepa", "PAYPAL": "sandbox_paypal"}[kind]
        with unchanged(api, order):
            payload = customer.run("add_payment_method", kind=kind, providerToken=token)
            assert payload["paymentMethod"] is None
            assert payload["errors"][0]["code"] == "PAYMENT_METHOD_NOT_USABLE"
            assert customer.pay(order, token, kind)["errors"][0]["code"] == "PAYMENT_METHOD_NOT_USABLE"


@pytest.mark.parametrize(
    ("kind", "token", "path"),
    [
        ("CARD", None, "providerToken"),
        ("CARD", "unheard_of", "providerToken"),
        ("CARD", "sandbox_sepa", "providerToken"),
        ("BANK_TRANSFER", None, "kind"),
        ("PREPAID_ACCOUNT", "sandbox_card", "kind"),
    ],
)
def test_what_cannot_be_saved(api: Api, kind: str, token: str | None, path: str) -> None:
    customer = api.customer()
    payload = customer.run("add_payment_method", kind=kind, providerToken=token)
    assert payload["paymentMethod"] is None
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID_INPUT", [path])]
    assert saved(customer) == []
