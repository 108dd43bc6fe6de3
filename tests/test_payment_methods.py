"""Saved payment methods: added, the default one, removed; which can pay this order, and why the others cannot."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from tests.answers import not_found, plain, refused, shown
from tests.api import Api, Person
from tests.behind import traces

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
        "nextActionUrl": None,
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
        list(pool.map(lambda each: customer.run("set_default_payment_method", paymentMethodId=each), ids))
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


def test_a_card_that_is_saved_by_paying_is_known_to_expire(api: Api) -> None:
    customer = api.customer()
    source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card", "save": True}}
    assert customer.run("pay_order", orderId=customer.place("server")["id"], source=source)["errors"] == []
    asked = "{ viewer { ... on Customer { paymentMethods { expiresOn } } } }"
    year = api.running.do(api.running.database.moment()).year + 3
    shown_methods = customer.send(asked)["data"]["viewer"]["paymentMethods"]
    assert shown_methods == [{"expiresOn": date(year, 12, 31).isoformat()}]
