"""What documents cost, and that one which could cost too much is not run."""

import time

import pytest
from graphql import OperationDefinitionNode, parse

from endpoint.cost import Pricer
from endpoint.limits import Limits
from tests.endpoint.serving import Toy
from tests.endpoint.toy import toy_schema
from tests.endpoint.wire import acknowledged, run

SCHEMA = toy_schema(Limits())
FRAGMENTS = """
    fragment F on ItemConnection { nodes { tags { name } } }
    fragment G on Query { more: items(first: 4) { ...F } }
"""


def _cost(query: str, **variables: object) -> int:
    document = parse(query)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return Pricer(SCHEMA.core, document, operation, variables, Limits()).cost()


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ hello }", 0),
        ("{ item { parent { name } } }", 0),
        ("{ item { tags { name } } }", 1),
        ("{ items { nodes { name } } }", 20),
        ("{ items(first: 5) { nodes { name } } }", 5),
        ("{ items(last: 7) { nodes { name } } }", 7),
        ("{ items(first: 5, last: 7) { nodes { name } } }", 7),
        ("{ items(first: null) { nodes { name } } }", 20),
        ("{ items(first: 0) { nodes { name } } }", 1),
        ("{ items(first: -5) { nodes { name } } }", 1),
        ("{ items(first: 1000000) { nodes { name } } }", 100),
        ("{ items(first: 10) { nodes { tags { name } again: tags { name } } } }", 20),
        ("{ items(first: 10) { nodes { items(first: 3) { nodes { name } } tags { name } } } }", 40),
        ("{ items(first: 100) { nodes { items(first: 100) { nodes { name parent { name } } } } } }", 10_000),
        ("{ items(first: 2) { nodes { items(first: 3) { nodes { items(first: 4) { nodes { name } } } } } } }", 24),
        (f"{{ items(first: 3) {{ ...F }} ...G }} {FRAGMENTS}", 7),
        ("{ item { ... on Item { tags { name } } ... { items(first: 2) { nodes { name } } } } }", 3),
        ("{ __schema { types { name } } __typename }", 1),
        ("mutation { note }", 0),
        ("subscription { reads { serial } }", 0),
    ],
)
def test_prices(query: str, cost: int) -> None:
    assert _cost(query) == cost


def test_page_sizes_come_from_variables_and_their_defaults() -> None:
    query = "query ($n: Int = 6) { items(first: $n) { nodes { name } } }"

    assert _cost(query) == 6
    assert _cost(query, n=9) == 9
    assert _cost(query, n=None) == 20
    assert _cost("query ($n: Int) { items(first: $n) { nodes { name } } }") == 20
    assert _cost("query ($n: Int) { items(first: $n) { nodes { name } } }", n="many") == 20


def test_pricing_is_linear() -> None:
    links = "".join(
        f"fragment F{n} on Item {{ items {{ nodes {{ ...F{n + 1} }} }} parent {{ ...F{n + 1} }} }} " for n in range(60)
    )
    query = "{ item { ...F0 } } " + links + "fragment F60 on Item { name }"
    started = time.thread_time()

    assert _cost(query) > 20**60
    assert time.thread_time() - started < 1  # unfolded, it would not end


THREE_DEEP = "{ items(first: 100) { nodes { items(first: 100) { nodes { items(first: 100) { nodes { name } } } } } } }"


def test_case_45_cost_beyond_measure(toy: Toy) -> None:
    expected = [
        {
            "message": "This document asks for too much at once.",
            "extensions": {"cost": {"requested": 1_000_000, "maximum": 10_000}, "code": "QUERY_TOO_COMPLEX"},
        }
    ]
    with acknowledged(toy) as socket:
        over_socket = run(socket, THREE_DEEP)

    assert toy.ask(THREE_DEEP) == {"errors": expected}
    assert over_socket == [{"id": "1", "type": "error", "payload": expected}]


def test_case_45_cost_hidden_in_variables(toy: Toy) -> None:
    query = THREE_DEEP.replace("{ items", "query ($n: Int) { items", 1).replace("100", "$n")

    assert toy.ask(query, variables={"n": 100})["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert "errors" not in toy.ask(query, variables={"n": 10})


def test_only_the_operation_that_runs_is_priced(toy: Toy) -> None:
    query = THREE_DEEP.replace("{ items", "query Dear { items", 1) + " query Cheap { hello }"

    assert toy.ask(query, operationName="Cheap") == {"data": {"hello": "Hello world"}}
    assert toy.ask(query, operationName="Dear")["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
