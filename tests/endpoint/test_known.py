"""Documents that are known already: not checked again, and yet never answered against a rule."""

import asyncio
from typing import Any

import pytest
from graphql import GraphQLError, parse
from strawberry.schema.schema import validate_document

from endpoint import checks
from endpoint.guarded import GuardedSchema
from endpoint.known import LONGEST, MOST, Known, KnownDocuments
from endpoint.limits import Limits
from tests.endpoint.toy import Context, toy_schema


def _ask(schema: GuardedSchema, query: str, *, serial: int = 0, **variables: Any) -> Any:
    return asyncio.run(schema.execute(query, variable_values=variables, context_value=Context(serial=serial)))


def _code(result: Any) -> Any:
    return result.errors[0].extensions["code"]


def test_a_good_document_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one is validated again, and a bad one each time."""
    validated: list[str] = []

    def validate(schema: Any, document: Any, rules: Any) -> list[GraphQLError]:
        validated.append(document.loc.source.body)
        return validate_document(schema, document, rules)

    monkeypatch.setattr(checks, "validate_document", validate)
    schema = toy_schema(Limits())

    for query in ("{ hello }", "{ hello }", "{ missing }", "{ missing }", "{ serial }", "{ hello }"):
        _ask(schema, query)

    assert validated == ["{ hello }", "{ missing }", "{ missing }", "{ serial }"]


def test_each_asker_gets_their_own_answer() -> None:
    """Values and contexts are those of the request, not those that the document was first seen with."""
    schema = toy_schema(Limits())
    query = "query ($name: String!) { hello(name: $name) serial }"

    assert _ask(schema, query, serial=1, name="A").data == {"hello": "Hello A", "serial": 1}
    assert _ask(schema, query, serial=2, name="B").data == {"hello": "Hello B", "serial": 2}


def test_the_cost_is_that_of_each_request() -> None:
    """A page size that comes in a variable may be too much the second time."""
    schema = toy_schema(Limits(cost=50))
    query = "query ($n: Int) { items(first: $n) { nodes { name } } }"

    assert _ask(schema, query, n=50).errors is None
    assert _code(_ask(schema, query, n=51)) == "QUERY_TOO_COMPLEX"


def test_values_are_looked_at_each_time() -> None:
    schema = toy_schema(Limits())
    query = "query ($name: String!) { hello(name: $name) }"

    assert _ask(schema, query, name="A").errors is None
    assert _code(_ask(schema, query, name="\0")) == "BAD_USER_INPUT"


def test_introspection_stays_closed_to_whom_it_is_closed() -> None:
    """Though somebody who may ask has asked the same before."""
    schema = toy_schema(Limits(), may_introspect=lambda context: getattr(context, "serial", 0) == 1)
    query = "{ __schema { queryType { name } } }"

    assert _ask(schema, query, serial=1).errors is None
    assert _code(_ask(schema, query, serial=2)) == "FORBIDDEN"
    assert _ask(schema, query, serial=1).errors is None


def test_few_are_remembered_and_none_that_is_long() -> None:
    """The one that was not asked for the longest makes room."""
    documents, known = KnownDocuments(), Known(parse("{ hello }"), introspects=False)
    for number in range(MOST):
        documents.keep(str(number), known)
    documents.find("0")
    documents.keep("one more", known)
    documents.keep("x" * (LONGEST + 1), known)

    assert documents.find("0") is known
    assert documents.find("1") is None
    assert documents.find("x" * (LONGEST + 1)) is None
