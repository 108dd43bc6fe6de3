"""Texts that clients send: what no text may hold is refused alike on both databases, all else comes back as it was."""

import json
from typing import Any

import pytest

from tests.api import QUERIES, Api, Person

CANCEL = (QUERIES / "cancel_order.graphql").read_text()
REASON = "query ($n: String!) { order(number: $n) { status tracking { history(last: 1) { nodes { reason } } } } }"
DRAWN = {
    "bidi": "\u202egnihtyna\u202c and \u2066more\u2069",
    "emoji": "👩\u200d💻 café 漢字",
    "markup": '<script>alert(1)</script> {{ 7*7 }} #read("/etc/passwd") =1+1',
    "lines": "one\r\ntwo\tthree",
    "controls": "bell \x07 escape \x1b[31m",
    "sql": "'; DROP TABLE orders; --",
    "longest": "é" * 1000,
}


def cancelled(customer: Person, order: dict[str, Any], reason: str) -> Any:
    return customer.send(CANCEL, {"input": {"orderId": order["id"], "reason": reason}})


@pytest.mark.parametrize("text", DRAWN.values(), ids=DRAWN.keys())
def test_a_text_comes_back_as_it_was(api: Api, text: str) -> None:
    customer = api.customer()
    order = customer.place("book")

    assert cancelled(customer, order, f"  {text} ")["data"]["cancelOrder"]["errors"] == []

    shown = customer.send(REASON, {"n": order["number"]})["data"]["order"]
    assert shown["tracking"]["history"]["nodes"] == [{"reason": text}]


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_case_35_the_character_nul_is_refused_everywhere(api: Api, text: str) -> None:
    customer = api.customer()
    order = customer.place("book")
    refused = [
        cancelled(customer, order, text),
        customer.send("query ($s: String!) { orders(filter: {search: $s}) { totalCount } }", {"s": text}),
        customer.send("query ($s: String!) { order(number: $s) { id } }", {"s": text}),
        customer.send("query ($s: ID!) { node(id: $s) { id } }", {"s": text}),
        customer.send("query ($s: String!) { products(after: $s) { nodes { id } } }", {"s": text}),
        customer.send('{ orders(filter: {search: "a\\u0000b"}) { totalCount } }'),
        customer.send("query ($i: PlaceOrderInput!) { __typename }", {"i": {"idempotencyKey": text}}),
    ]

    for answer in refused:
        assert "data" not in answer
        assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert customer.send(REASON, {"n": order["number"]})["data"]["order"]["status"] == "UNPAID"


@pytest.mark.parametrize("escaped", ["\\ud800", "\\udc00x", "\\ud800\\ud800"])
def test_case_35_half_a_character_is_refused(api: Api, escaped: str) -> None:
    customer = api.customer()
    document = "query ($s: String!) { order(number: $s) { id } }"
    body = json.dumps({"query": document, "variables": {"s": "HERE"}}).replace("HERE", escaped)
    headers = {**customer.headers, "content-type": "application/json"}
    in_variables = api.http.post("/graphql", content=body, headers=headers)
    in_document = customer.send('{ order(number: "HERE") { id } }'.replace("HERE", escaped))

    assert in_variables.status_code == 400
    for answer in (in_variables.json(), in_document):
        assert "data" not in answer
        assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_a_text_that_is_too_long_is_refused_by_its_path(api: Api) -> None:
    customer = api.customer()
    order = customer.place("book")

    (error,) = cancelled(customer, order, "é" * 1001)["data"]["cancelOrder"]["errors"]

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["reason"])
    assert customer.send(REASON, {"n": order["number"]})["data"]["order"]["status"] == "UNPAID"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_1_to_255_characters(api: Api, key: str) -> None:
    payload = api.customer().run("place_order", lines=[{"productCode": "book"}], idempotencyKey=key)

    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID_INPUT", ["idempotencyKey"])]
    assert payload["order"] is None
