"""GraphQL over HTTP: what is answered, with which status and media type."""

import json
from typing import Any

import pytest

from tests.endpoint.serving import Toy

GRAPHQL = "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, application/json", GRAPHQL),
        (f"{GRAPHQL};q=0.5, application/json", "application/json"),
        (f"{GRAPHQL};q=0", "application/json"),
        (f"{GRAPHQL};q=none", "application/json"),
        (f"application/json;q=0.9, {GRAPHQL}; q=1.0", GRAPHQL),
        (f"text/html, {GRAPHQL}, */*;q=0.1", GRAPHQL),
    ],
)
def test_answers_in_the_media_type_that_the_client_prefers(toy: Toy, accept: str, expected: str) -> None:
    answer = toy.post(b'{"query": "{ hello }"}', accept=accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"data": {"hello": "Hello world"}}


EVENTS = "text/event-stream"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (EVENTS, EVENTS),
        (f"{EVENTS}, */*", EVENTS),
        (f"{EVENTS}, multipart/mixed", EVENTS),
        (f"{EVENTS}, application/json", EVENTS),
        (f"{EVENTS}, application/json;q=0.9, {GRAPHQL};q=0.9", EVENTS),
        (f"{GRAPHQL}, application/graphql+json, application/json, {EVENTS}, multipart/mixed", GRAPHQL),
        (f"application/json, {EVENTS}", "application/json"),
        (f"{EVENTS};q=0.5, application/json", "application/json"),
        (f"{EVENTS};q=0", "application/json"),
    ],
)
def test_streams_events_to_those_only_who_prefer_it(toy: Toy, accept: str, expected: str) -> None:
    answer = toy.post(b'{"query": "{ hello }"}', accept=accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
    json_part = answer.text.partition("data: ")[2].partition("\n")[0] if expected == EVENTS else answer.text
    assert json.loads(json_part) == {"data": {"hello": "Hello world"}}


@pytest.mark.parametrize(
    "request_body",
    [
        {"query": "{"},
        {"query": "{ nonsense }"},
        {"query": "query ($n: Int!) { number(value: $n) }", "variables": {"n": "x"}},
        {"query": "query ($n: Int!) { number(value: $n) }"},
    ],
)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), ("application/json", 200)])
def test_a_refused_document_has_no_data(toy: Toy, request_body: Any, accept: str, status: int) -> None:
    answer = toy.post(json.dumps(request_body).encode(), accept=accept)

    assert answer.status_code == status
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_a_failed_field_leaves_its_siblings_and_status_200(toy: Toy) -> None:
    answer = toy.post(b'{"query": "{ hello refused }"}', accept=GRAPHQL)

    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "Hello world", "refused": None}
    assert answer.json()["errors"] == [
        {
            "message": "Sign in first.",
            "locations": [{"line": 1, "column": 9}],
            "path": ["refused"],
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]


@pytest.mark.parametrize(
    ("toy_header", "status", "code"),
    [("refused", 401, "UNAUTHENTICATED"), ("broken", 500, "INTERNAL"), ("outage", 503, "UNAVAILABLE")],
)
def test_a_request_without_a_context_is_answered_as_json(toy: Toy, toy_header: str, status: int, code: str) -> None:
    answer = toy.post(b'{"query": "{ hello }"}', x_toy=toy_header)

    assert answer.status_code == status
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code]
    assert "canary" not in answer.text


def test_case_28_a_form_cannot_act(toy: Toy) -> None:
    document = '{"query": "mutation { note }"}'
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = toy.post(document.encode(), content_type=content_type)

        assert answer.status_code == 400, content_type
        assert answer.json()["errors"][0]["message"] == "Unsupported content type"


def test_case_28_a_link_reads_and_never_changes(toy: Toy) -> None:
    read = toy.get(query="{ hello }")
    changed = toy.get(query="mutation { note }")
    followed = toy.get(query="subscription { ticks }")

    assert read.json() == {"data": {"hello": "Hello world"}}
    assert (changed.status_code, changed.headers["allow"]) == (405, "POST")
    assert followed.status_code == 400


def test_a_subscription_is_told_where_to_go(toy: Toy) -> None:
    answer = toy.post(b'{"query": "subscription { ticks }"}')

    assert answer.status_code == 400
    assert "websocket" in answer.json()["errors"][0]["message"]


def test_a_browser_is_sent_to_graphiql(toy: Toy) -> None:
    page = toy.get(accept="text/html,*/*;q=0.8")
    query = toy.get(accept="text/html", query="{ hello }")
    machine = toy.get(accept="*/*")

    assert (page.status_code, page.headers["location"]) == (303, "/graphiql")
    assert query.json() == {"data": {"hello": "Hello world"}}
    assert machine.status_code == 400


def test_case_43_batches_are_refused(toy: Toy) -> None:
    answer = toy.post(json.dumps([{"query": "{ hello }"}] * 100).encode())

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "Batching is not enabled"


@pytest.mark.parametrize(
    "request_body",
    [
        {"query": "query A { hello } query A { serial }", "operationName": "A"},
        {"query": "{ hello } { serial }"},
        {"query": "query A { hello } query B { serial }"},
        {"query": "query A { hello }", "operationName": "B"},
        {"query": "query A { hello }", "operationName": ""},
        {"query": "fragment F on Query { hello }"},
    ],
)
def test_case_50_the_operation_to_run_is_certain(toy: Toy, request_body: Any) -> None:
    answer = toy.post(json.dumps(request_body).encode(), accept=GRAPHQL)

    assert answer.status_code == 400
    assert "data" not in answer.json()


def test_one_of_several_operations_is_run_by_name(toy: Toy) -> None:
    answer = toy.ask("query A { hello } query B { number(value: 7) }", operationName="B")

    assert answer == {"data": {"number": 7}}


def test_every_answer_carries_security_headers_and_a_request_id(toy: Toy) -> None:
    answer = toy.post(b'{"query": "{ hello }"}', x_request_id="from-client.1")
    invented = toy.post(b'{"query": "{ hello }"}', x_request_id="no spaces!")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-request-id"] == "from-client.1"
    assert len(invented.headers["x-request-id"]) == 32
    assert "server" not in answer.headers
