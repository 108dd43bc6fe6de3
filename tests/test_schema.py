"""The printed contract: up to date, nothing taken from the public one, all described, every root field guarded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)
from graphql.utilities import DangerousChangeType, find_breaking_changes, find_dangerous_changes
from strawberry.types.base import get_object_definition

from application import make_schema
from resolvers.roots import Mutation, Query, Subscription
from resolvers.rules import Anyone, CustomersOnly, SignedIn, StaffOnly
from tools.print_schema import PRINTED, print_schema

CONTRACT = Path(__file__).parent / "contract" / "api.graphql"
#: Where the contract is kept for all who write clients, on machines that have it.
SHARED = Path(__file__).resolve().parents[2] / "shared" / "api.graphql"


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text())


@pytest.fixture(scope="module")
def printed() -> GraphQLSchema:
    return build_schema(PRINTED.read_text())


def test_the_printed_schema_is_up_to_date() -> None:
    assert PRINTED.read_text() == print_schema(), "run `make schema`"


def test_nothing_of_the_contract_is_taken_away(contract: GraphQLSchema, printed: GraphQLSchema) -> None:
    assert find_breaking_changes(contract, printed) == []


def test_no_default_value_of_the_contract_is_changed(contract: GraphQLSchema, printed: GraphQLSchema) -> None:
    dangerous = find_dangerous_changes(contract, printed)

    assert [change for change in dangerous if change.type is DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE] == []


def test_default_values_are_those_of_the_contract(contract: GraphQLSchema, printed: GraphQLSchema) -> None:
    """Also those of input fields, which the comparison above does not look at."""
    ours = dict(_default_values(printed))

    assert {name: ours[name] for name, _ in _default_values(contract)} == dict(_default_values(contract))


def test_the_contract_is_the_one_that_is_shared() -> None:
    if SHARED.exists():
        assert CONTRACT.read_text() == SHARED.read_text()
    assert "type Query {" in CONTRACT.read_text()


def test_everything_is_described() -> None:
    # The printed text leaves nothing out that clients see: it is what introspection tells.
    named = dict(_descriptions(make_schema().core))

    assert len(named) > 300
    assert [name for name, description in named.items() if not (description or "").strip()] == []


def test_every_root_field_declares_one_rule() -> None:
    declared = {
        f"{root.__name__}.{field.python_name}": field.permission_classes
        for root in (Query, Mutation, Subscription)
        for field in get_object_definition(root, strict=True).fields
    }
    rules = (Anyone, SignedIn, CustomersOnly, StaffOnly)

    assert [name for name, classes in declared.items() if len(classes) != 1 or classes[0] not in rules] == []
    assert [name for name, classes in declared.items() if classes == [Anyone]] == [
        "Query.viewer",
        "Query.products",
        "Mutation.sign_in",
    ]


def _default_values(schema: GraphQLSchema) -> Iterator[tuple[str, object]]:
    for name, type_ in schema.type_map.items():
        if is_introspection_type(type_):
            continue
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{name}.{key}", field.default_value) for key, field in type_.fields.items())
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for key, output in type_.fields.items():
                yield from ((f"{name}.{key}({each})", arg.default_value) for each, arg in output.args.items())


def _descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, type_ in schema.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{key}", value.description) for key, value in type_.values.items())
        fields: dict[str, Any] = getattr(type_, "fields", {})
        for key, field in fields.items():
            yield f"{name}.{key}", field.description
            for argument, value in getattr(field, "args", {}).items():
                yield f"{name}.{key}({argument})", value.description
