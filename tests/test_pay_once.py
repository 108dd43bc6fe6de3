"""Paying once: whoever asks, how often, at once or later, through however many processes, one charge is made."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.answers import not_found, refused, shown
from tests.api import QUERIES, Api, Person
from tests.behind import traces, unchanged
from tests.peers.programs import Server
from tests.running import Running

CARD = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
MISMATCH = refused("IDEMPOTENCY_MISMATCH", "This idempotency key has been used for another request.", "idempotencyKey")


@pytest.fixture(scope="module")
def doors(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Addresses of the two processes that serve this shop. Nobody should serve SQLite so, but money must be right."""
    settings = running.parts.settings
    folder = tmp_path_factory.mktemp("second")
    environment = {
        "DATABASE_URL": settings.store,
        "SECRET_KEY": settings.secret(),
        "PUBLIC_URL": settings.url,
        "DATA_DIR": str(folder),
        "RELAY": "false",
        "LOG_LEVEL": "WARNING",
    }
    with Server(folder=folder, environment=environment) as second:
        yield [settings.url, second.url]


def pay(door: str, person: Person, order: dict[str, Any], key: str) -> bytes:
    """The answer's bytes."""
    body = {
        "query": (QUERIES / "pay_order.graphql").read_text(),
        "variables": {"input": {"orderId": order["id"], "source": CARD, "idempotencyKey": key}},
    }
    answer = httpx2.post(f"{door}/graphql", json=body, headers=person.headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


def payload(answer: bytes) -> dict[str, Any]:
    told = json.loads(answer)
    assert "errors" not in told, told
    return dict(told["data"]["payOrder"])


def test_case_01_fifty_parallel_payments_charge_once(api: Api, doors: list[str]) -> None:
    customer = api.customer()
    order = customer.place("server")

    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(pay, doors[i % len(doors)], customer, order, f"key {i}") for i in range(50)]
        payloads = [payload(each.result()) for each in asked]

    assert sum(each["errors"] == [] for each in payloads) == 1
    codes = {error["code"] for each in payloads for error in each["errors"]}
    assert codes <= {"PAYMENT_IN_PROGRESS", "ALREADY_PAID"}
    left = traces(api, order)
    left.check()
    assert left.order == ("CONFIRMATION", 3, 17868)
    assert left.charged == [("SUCCEEDED", 17868)]
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")


def test_case_02_the_same_key_comes_to_the_same_payment(api: Api, doors: list[str]) -> None:
    customer = api.customer()
    order = customer.place("server")

    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(pay, doors[i % len(doors)], customer, order, "the same") for i in range(50)]
        parallel = [each.result() for each in asked]
        later = [pay(doors[i % len(doors)], customer, order, "the same") for i in range(10)]

    first = later[0]
    assert payload(first)["payment"]["status"] == "SUCCEEDED"
    assert payload(first)["order"] == shown(order, "CONFIRMATION", 3)
    assert later == [first] * 10
    others = [payload(each)["errors"] for each in parallel if each != first]
    assert all([error["code"] for error in errors] == ["IDEMPOTENCY_IN_PROGRESS"] for errors in others)
    assert first in parallel
    assert traces(api, order).charged == [("SUCCEEDED", 17868)]


def test_case_03_the_same_key_for_something_else_is_refused(api: Api) -> None:
    customer = api.customer()
    order, other = customer.place("server"), customer.place("book")
    customer.pay(order, idempotencyKey="taken")

    with unchanged(api, order, other):
        assert customer.pay(other, idempotencyKey="taken") == {
            "order": shown(other, "UNPAID", 1),
            "payment": None,
            "errors": [MISMATCH],
        }
        assert customer.pay(order, "sandbox_card_declined", idempotencyKey="taken")["errors"] == [MISMATCH]
        assert customer.pay(order, idempotencyKey="taken", expectedVersion=1)["errors"] == [MISMATCH]
        assert customer.pay(order, idempotencyKey="taken", returnUrl=api.url)["errors"] == [MISMATCH]
    # A key belongs to one kind of request: it names another one's nothing.
    assert customer.place("book", idempotencyKey="taken")["status"] == "UNPAID"


def test_case_04_another_ones_key_is_ones_own(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    order, others = customer.place("server"), other.place("book")
    paid = customer.pay(order, idempotencyKey="shared")

    with unchanged(api, order):
        prying = other.pay(order, idempotencyKey="shared")
    assert prying == {"order": None, "payment": None, "errors": [not_found("order", "orderId")]}
    fresh = other.pay(others, idempotencyKey="another")
    assert fresh["payment"]["status"] == "SUCCEEDED"
    assert fresh["payment"]["id"] != paid["payment"]["id"]
    assert customer.pay(order, idempotencyKey="shared") == paid


def test_prepaid_money_is_spent_once(api: Api) -> None:
    customer = api.customer(prepaid=20_000)
    orders = [customer.place("server") for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        payloads = list(pool.map(lambda order: customer.pay(order, "", "PREPAID_ACCOUNT"), orders))

    codes = [error["code"] for payload in payloads for error in payload["errors"]]
    assert codes == ["PAYMENT_METHOD_NOT_USABLE"] * 5
    for order in orders:
        traces(api, order).check()


def test_a_key_has_a_length(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    with unchanged(api, order):
        for key in ("", "k" * 256):
            (error,) = customer.pay(order, idempotencyKey=key)["errors"]
            assert (error["code"], error["path"]) == ("INVALID_INPUT", ["idempotencyKey"])
    assert customer.pay(order, idempotencyKey="k" * 255)["errors"] == []


def test_saving_the_method_does_not_lock_out_other_attempts(api: Api) -> None:
    """One is paid, the others are refused by the rule: none is told that the service is not available."""
    customer = api.customer()
    source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card", "save": True}}
    for _ in range(3):
        order = customer.place("book")
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(customer.run, "pay_order", orderId=order["id"], source=source) for _ in range(30)]
            payloads = [each.result() for each in asked]
        assert sum(payload["errors"] == [] for payload in payloads) == 1
        traces(api, order).check()
