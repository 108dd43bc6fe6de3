"""Saving a method that takes strong authentication: it waits for its owner, and is usable once they approve."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.answers import invalid, plain
from tests.api import Api, Person

TOKEN = "sandbox_card_authentication_to_save"
METHODS = "{ viewer { ... on Customer { paymentMethods { id status default nextActionUrl } } } }"


@pytest.fixture
def bank(api: Api) -> Iterator[httpx2.Client]:
    """Whoever has the address; nobody signs in there."""
    with httpx2.Client(base_url=api.url) as client:
        yield client


def begin(customer: Person, **fields: Any) -> dict[str, Any]:
    payload = customer.run("add_payment_method", kind="CARD", providerToken=TOKEN, **fields)
    assert payload["errors"] == []
    method = dict(payload["paymentMethod"])
    assert (method["status"], method["default"]) == ("VALIDATING", False)
    return method


def page_of(api: Api, method: dict[str, Any]) -> str:
    assert method["nextActionUrl"].startswith(f"{api.url}/sandbox/")
    return str(urlsplit(method["nextActionUrl"]).path)


def states(customer: Person) -> list[tuple[str, bool, str | None]]:
    methods = customer.send(METHODS)["data"]["viewer"]["paymentMethods"]
    return [(each["status"], each["default"], each["nextActionUrl"]) for each in methods]


def test_what_its_owner_approves_can_pay(api: Api, bank: httpx2.Client) -> None:
    customer = api.customer()
    method = begin(customer, returnUrl=f"{api.url}/account")
    order = customer.place("server")
    waiting = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": method["id"]})
    assert [error["code"] for error in waiting["errors"]] == ["PAYMENT_METHOD_NOT_USABLE"]

    page = bank.get(page_of(api, method))
    assert "Confirm your payment method" in page.text
    answered = bank.post(page_of(api, method), data={"answer": "approve"})

    assert (answered.status_code, answered.headers["location"]) == (303, f"{api.url}/account")
    assert states(customer) == [("VALID", True, None)]
    paid = customer.run("pay_order", orderId=order["id"], source={"savedMethodId": method["id"]})
    assert (paid["order"]["status"], paid["errors"]) == ("CONFIRMATION", [])


def test_what_its_owner_refuses_is_rejected(api: Api, bank: httpx2.Client) -> None:
    customer = api.customer()
    method = begin(customer)
    answered = bank.post(page_of(api, method), data={"answer": "refuse"})
    assert "The payment method has been refused." in answered.text
    assert states(customer) == [("REJECTED", False, None)]


def test_an_answer_that_nobody_was_told_of_is_asked_after(api: Api) -> None:
    """The customer approves, and the provider's word of it is lost."""
    customer = api.customer()
    first = customer.run("add_payment_method", kind="CARD", providerToken="sandbox_card")["paymentMethod"]
    assert first["default"]
    method = begin(customer, makeDefault=True)
    reference = page_of(api, method).rpartition("/")[2]
    api.running.do(api.running.sandbox.complete_action(reference, approve=True))
    assert ("VALIDATING", False, method["nextActionUrl"]) in states(customer)

    api.running.move_clock(timedelta(minutes=1))
    api.running.relay_once()

    assert sorted(states(customer)) == [("VALID", False, None), ("VALID", True, None)]


def test_one_that_its_owner_forgets_is_given_up(api: Api, bank: httpx2.Client) -> None:
    customer = api.customer()
    method = begin(customer)
    for _ in range(3):
        api.running.move_clock(timedelta(hours=10))
        api.running.relay_once()
    assert states(customer) == [("REJECTED", False, None)]
    bank.post(page_of(api, method), data={"answer": "approve"})
    assert states(customer) == [("REJECTED", False, None)]


def test_one_that_is_removed_meanwhile_stays_removed(api: Api, bank: httpx2.Client) -> None:
    customer = api.customer()
    method = begin(customer)
    assert customer.run("remove_payment_method", paymentMethodId=method["id"])["errors"] == []
    bank.post(page_of(api, method), data={"answer": "approve"})
    assert states(customer) == []


def test_its_owner_is_sent_back_to_our_own_pages_only(api: Api) -> None:
    fields = {"kind": "CARD", "providerToken": TOKEN, "returnUrl": "https://evil.example/"}
    payload = api.customer().run("add_payment_method", **fields)
    why = invalid("The address to come back to is not one of ours.", "returnUrl")
    assert payload["errors"] == [plain(why)]
