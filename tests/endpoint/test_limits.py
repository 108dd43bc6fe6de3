"""Documents that are too big: refused in linear time, introspection by bounds of its own."""

import json
import time
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from endpoint.limits import Limits
from endpoint.shape import measure
from tests.endpoint.serving import Toy, served
from tests.endpoint.wire import acknowledged, run

LIMITS = Limits()


def _nested(levels: int) -> str:
    return "{ item " + "{ parent " * (levels - 2) + "{ name }" + " }" * (levels - 2) + " }"


def _doubled(levels: int) -> str:
    links = "".join(f"fragment F{n} on Item {{ ...F{n + 1} parent {{ ...F{n + 1} }} }} " for n in range(levels))
    return "{ item { ...F0 } } " + links + f"fragment F{levels} on Item {{ name }}"


def _refusal(toy: Toy, query: str) -> str:
    """The one message that a document is refused with."""
    answer = toy.ask(query)
    assert set(answer) == {"errors"}
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    message: str = error["message"]
    return message


def test_the_deepest_allowed_document_runs(toy: Toy) -> None:
    assert "errors" not in toy.ask(_nested(LIMITS.depth))
    assert _refusal(toy, _nested(LIMITS.depth + 1)) == "The document has more than 12 levels of fields."


@pytest.mark.parametrize("levels", [90, 180, 200, 400])
def test_case_36_depth_beyond_measure(toy: Toy, levels: int) -> None:
    assert _refusal(toy, _nested(levels))


@pytest.mark.parametrize("levels", [2_000, 20_000])
def test_case_36_depth_that_would_exhaust_the_stack(toy: Toy, levels: int) -> None:
    assert _refusal(toy, "{a" * levels)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{" + "".join(f" a{n}: hello" for n in range(31)) + "}", "30 aliases"),
        ("{" + "".join(f" a{n}: hello" for n in range(1_000)) + "}", "2000 tokens"),
        ("{" + " hello" * 32 + "}", "30 aliases and repeated fields"),
        ("{" + " hello" * 1_000 + "}", "30 aliases and repeated fields"),
        ("{" + " ...{ item { name } }" * 40 + "}", "30 aliases and repeated fields"),
        ("{" + " ... on Query { ...{ hello } }" * 40 + "}", "30 aliases and repeated fields"),
        ("{ hello" + " @include(if: true)" * 31 + "}", "30 directives"),
        ("query" + " @a" * 500 + "{ hello }", "30 directives"),
        ("{ ...F } fragment F on Query" + " @a" * 500 + "{ hello }", "30 directives"),
        ("{ hello ...F } fragment F on Query { hello @skip(if: false) }" + " { a }" * 50, "50 definitions"),
        ("{ wish(wish: {words: [" + '"a" ' * 251 + "]}) }", "250 items"),
        ("{ wish(wish: {words: [" + '"a" ' * 5_000 + "]}) }", "2000 tokens"),
    ],
)
def test_case_37_width_beyond_measure(toy: Toy, query: str, message: str) -> None:
    assert f" {message}" in _refusal(toy, query)


def test_mutations_of_one_document_are_counted_through_fragments(toy: Toy) -> None:
    ten = "mutation { note ...F } fragment F on Mutation {" + "".join(f" a{n}: note" for n in range(9)) + " }"

    assert "errors" not in toy.ask(ten)
    assert _refusal(toy, ten.replace("{ note", "{ b: note note")) == "The document has more than 10 mutations."


def test_case_38_fragment_doubling(toy: Toy) -> None:
    started = time.perf_counter()
    (refusal,) = toy.ask(_doubled(45))["errors"]
    took = time.perf_counter() - started

    assert "more than" in refusal["message"]
    assert took < 5  # unfolded it would have more fields than a machine can count


@pytest.mark.parametrize("levels", [15, 30, 60])
def test_case_38_measuring_is_linear(levels: int) -> None:
    document = parse(_doubled(levels))
    started = time.thread_time()
    ((_, size),) = measure(document)
    took = time.thread_time() - started

    assert size.fields == 2 ** (levels + 1)
    assert size.depth == levels + 2
    assert took < 0.05


@pytest.mark.parametrize(
    "query",
    [
        "{ item { ...A } } fragment A on Item { ...B } fragment B on Item { ...A }",
        "{ item { ...A } } fragment A on Item { parent { ...A } }",
        "{ item { ...A } }" + "".join(f" fragment {'AB'[n % 2]} on Item {{ name }}" for n in range(2)) + "{ ...A }",
        "{ item { ...Nowhere } }",
        "{ item { ...A } } fragment A on Item { name } fragment A on Item { name }",
        "{ hello }" + "".join(f" fragment F{n} on Item {{ name }}" for n in range(1_000)),
        "{ hello }" + "".join(f" fragment F{n} on Item {{ name }}" for n in range(40)),
        "{ ...F0 }" + "".join(f" fragment F{n} on Query {{ hello ...F{(n + 1) % 45} }}" for n in range(45)),
    ],
)
def test_case_39_crooked_fragments(toy: Toy, query: str) -> None:
    answer = toy.ask(query)

    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
    assert all("nope" not in error["message"] for error in answer["errors"])


def test_case_41_the_usual_introspection_is_answered(toy: Toy) -> None:
    query = get_introspection_query(
        input_value_deprecation=True, schema_description=True, specified_by_url=True, directive_is_repeatable=True
    )
    over_http = toy.ask(query)
    with acknowledged(toy) as socket:
        over_socket, complete = run(socket, query)

    assert over_http["data"]["__schema"]["queryType"] == {"name": "Query", "kind": "OBJECT"}
    assert over_socket["payload"] == over_http
    assert complete == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
        "{" + " ".join(f"a{n}: __schema {{ description }}" for n in range(4)) + "}",
        "{ __schema { types " + "{ ofType " * 30 + "{ name }" + " }" * 30 + " } }",
    ],
)
def test_case_41_introspection_without_end_is_refused(toy: Toy, query: str) -> None:
    answer = toy.ask(query)

    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


def test_case_41_introspection_can_be_closed_on_both_transports() -> None:
    documents = (
        "{ __schema { description } }",
        '{ a: __type(name: "Query") { name } }',
        "{ ...F } fragment F on Query { ... { __schema { description } } }",
    )
    with served(LIMITS, may_introspect=lambda _: False) as closed, acknowledged(closed) as socket:
        for document in documents:
            (error,) = closed.ask(document)["errors"]
            ((refusal),) = run(socket, document)

            assert error["extensions"] == {"code": "FORBIDDEN"}
            assert (refusal["type"], refusal["payload"]) == ("error", [error])
        assert closed.ask("{ __typename hello }") == {"data": {"__typename": "Query", "hello": "Hello world"}}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ helo }", {}),
        ('{ hello(nam: "x") }', {}),
        ("{ wish(wish: {color: REDD}) }", {}),
        ("{ wish(wish: {colour: RED}) }", {}),
        ("query ($w: Wishh) { hello }", {}),
        ("query ($w: Wish!) { wish(wish: $w) }", {"w": {"color": "REDD"}}),
        ("query ($w: Wish!) { wish(wish: $w) }", {"w": {"colour": "RED"}}),
        ("{ item { ... on Itm { name } } }", {}),
        ("{ item { nodes } }", {}),
    ],
)
def test_case_42_no_message_helps_to_guess(toy: Toy, query: str, variables: Any) -> None:
    over_http = toy.post(json.dumps({"query": query, "variables": variables}).encode())
    with acknowledged(toy) as socket:
        (over_socket,) = run(socket, query, variables=variables)

    assert over_http.json()["errors"]
    assert over_socket == {"id": "1", "type": "error", "payload": over_http.json()["errors"]}
    assert "Did you mean" not in over_http.text
