"""Cases 34 to 45 and 50 on the real application: what is too big, malformed or too costly is refused in plain words."""

import gzip
import json
import time
from typing import Any

import pytest
from graphql import get_introspection_query

from endpoint.limits import Limits
from tests.api import Api
from tests.sockets import acknowledged, first_answer

LIMIT = 256 * 1024
LIMITS = Limits()
GRAPHQL = "application/graphql-response+json"


def post(api: Api, content: bytes, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.http.post("/graphql", content=content, headers={"content-type": "application/json", **named})


def refusal(api: Api, query: str, code: str = "BAD_USER_INPUT") -> str:
    """The first message that nobody's document is refused with, over HTTP and over a socket alike."""
    answer = api.send(query)
    with acknowledged(api.running) as socket:
        assert first_answer(socket, query) == answer
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
    return str(answer["errors"][0]["message"])


def test_case_34_bodies_have_256_kib(api: Api) -> None:
    body = b'{"query": "{ __typename }"}'
    assert post(api, body + b" " * (LIMIT - len(body))).json() == {"data": {"__typename": "Query"}}
    too_big = post(api, body + b" " * (LIMIT - len(body) + 1))
    chunked = api.http.post("/graphql", content=iter([b" " * 65_536] * 5), headers={"content-type": "application/json"})
    packed = post(api, gzip.compress(b" " * 10_000_000), content_encoding="gzip")

    assert (too_big.status_code, chunked.status_code, packed.status_code) == (413, 413, 415)
    assert too_big.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"123", b"null", b"{", b'"x"', b'{"query": "\xff\xfe"}', b"[" * 100_000, b'{"query": 5}', b'{"query": ""}',
        b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 5_000 + b"}}",
        b'{"query": "{ __typename }", "variables": {"n": NaN}}',
        b'{"query": "{ __typename }", "variables": {"n": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "variables": [1]}',
        b'{"query": "{ __typename }", "operationName": 5}',
        b'{"query": "{ __typename }", "extensions": 5}',
    ],
)  # fmt: skip
def test_case_35_a_malformed_body_is_400(api: Api, content: bytes) -> None:
    answer = post(api, content)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("levels", [13, 200, 2_000])
def test_case_36_depth(api: Api, levels: int) -> None:
    nested = "{ orders { nodes " + "{ tracking { order " * levels + "{ id }" + " } }" * levels + " } }"

    assert refusal(api, nested)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{" + "".join(f" a{n}: __typename" for n in range(31)) + "}", "30 aliases"),
        ("{" + "".join(f" a{n}: __typename" for n in range(1_000)) + "}", "2000 tokens"),
        ("{" + " viewer { __typename }" * 40 + "}", "30 aliases and repeated fields"),
        ("{ __typename" + " @include(if: true)" * 31 + "}", "30 directives"),
        ("query" + " @a" * 500 + "{ __typename }", "30 directives"),
        ("{ orders(filter: {status: [" + "UNPAID " * 251 + "]}) { totalCount } }", "250 items"),
        ("mutation {" + "".join(f" a{n}: renewToken {{ token }}" for n in range(11)) + "}", "10 mutations"),
    ],
)
def test_case_37_width(api: Api, query: str, message: str) -> None:
    assert f" {message}" in refusal(api, query)


def test_case_38_fragments_that_double_are_refused_at_once(api: Api) -> None:
    link = "fragment F{n} on Order {{ ...F{m} tracking {{ order {{ ...F{m} }} }} }} "
    links = "".join(link.format(n=n, m=n + 1) for n in range(40))
    started = time.perf_counter()

    assert "more than" in refusal(api, "{ orders { nodes { ...F0 } } } " + links + "fragment F40 on Order { id }")
    assert time.perf_counter() - started < 5  # unfolded it has more fields than a machine can count


@pytest.mark.parametrize(
    "query",
    [
        "{ orders { nodes { ...A } } } fragment A on Order { ...B } fragment B on Order { ...A }",
        "{ orders { nodes { ...Nowhere } } }",
        "{ orders { nodes { ...A } } } fragment A on Order { id } fragment A on Order { id }",
        "{ __typename }" + "".join(f" fragment F{n} on Order {{ id }}" for n in range(1_000)),
    ],
)
def test_case_39_crooked_fragments(api: Api, query: str) -> None:
    assert "nope" not in refusal(api, query)


def test_case_41_the_introspection_of_graphiql_is_answered_on_both_transports(api: Api) -> None:
    query = get_introspection_query(
        input_value_deprecation=True, schema_description=True, specified_by_url=True, directive_is_repeatable=True
    )
    answer = api.send(query)
    with acknowledged(api.running) as socket:
        assert first_answer(socket, query) == answer

    assert {type_["name"] for type_ in answer["data"]["__schema"]["types"]} >= {"Order", "OrderFilter", "StreamCursor"}
    assert refusal(api, "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }")


@pytest.mark.parametrize(
    "query",
    [
        "{ vewer { __typename } }",
        "{ orders(frist: 1) { totalCount } }",
        "{ orders(filter: {state: [UNPAID]}) { totalCount } }",
        "{ orders(filter: {status: [UNPAYED]}) { totalCount } }",
        "{ orders(sort: {field: TOTALS}) { totalCount } }",
        "{ node(id: 1) { ... on Ordr { id } } }",
    ],
)
def test_case_42_no_message_helps_to_guess(api: Api, query: str) -> None:
    assert "Did you mean" not in refusal(api, query)


def test_case_43_batches_are_refused(api: Api) -> None:
    answer = post(api, json.dumps([{"query": "{ __typename }"}] * 100).encode())

    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "Batching is not enabled")


def test_case_44_variables_without_measure(api: Api) -> None:
    document = "query ($f: Int) { products(first: $f) { nodes { code } } }"
    huge = post(api, json.dumps({"query": document, "variables": {"f": "x" * 5_000_000}}).encode())
    many = api.send(document, {"f": 1} | {f"k{index}": 1 for index in range(10_000)})

    assert huge.status_code == 413
    assert many == {"data": {"products": {"nodes": [{"code": "book"}]}}}
    for wrong in ("1", 1.5, True, [1], {"a": 1}, 2**31):
        assert api.send(document, {"f": wrong})["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


THREE_DEEP = """query ($n: Int = 100) { orders(first: $n) { nodes { customer { orders(first: $n) { nodes {
    tracking { history(first: $n) { nodes { id } } } } } } } } }"""


def test_case_45_a_document_costs_ten_thousand_at_most(api: Api) -> None:
    staff = api.staff()
    answer = staff.send(THREE_DEEP)

    assert answer["errors"][0]["extensions"] == {
        "cost": {"requested": 1_000_000, "maximum": 10_000},
        "code": "QUERY_TOO_COMPLEX",
    }
    assert "data" not in answer
    assert "errors" not in staff.send(THREE_DEEP, {"n": 5})
    dearest = "{ orders(first: 100) { nodes { tracking { history(first: 100) { nodes { id } } } } } }"
    assert "errors" not in staff.send(dearest)
    assert refusal(api, dearest.replace("{ orders", "{ orderCounts { count } orders"), "QUERY_TOO_COMPLEX")


@pytest.mark.parametrize(
    "body",
    [
        {"query": "query A { __typename } query A { viewer { __typename } }", "operationName": "A"},
        {"query": "{ __typename } { viewer { __typename } }"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "query A { __typename }", "operationName": "B"},
    ],
)
def test_case_50_the_operation_to_run_is_certain(api: Api, body: Any) -> None:
    answer = post(api, json.dumps(body).encode(), accept=GRAPHQL)

    assert answer.status_code == 400
    assert "data" not in answer.json()
