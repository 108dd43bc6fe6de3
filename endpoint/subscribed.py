"""Subscriptions as they can be shared: parsed and checked once for a text, named by all that answers depend on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from graphql import (
    REMOVE,
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_operation_ast,
    print_ast,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values

from endpoint.guarded import GuardedSchema
from endpoint.known import LONGEST

#: Texts that are remembered.
TEXTS: Final = 128


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One operation of a valid document, whose only root field is `field`.

    `document` and `operation` are without the argument that says where to begin, where nothing else uses it: whoever
    asks for the same in another way, or from another place, has the same `digest`."""

    field: str
    document: DocumentNode
    operation: OperationDefinitionNode
    digest: bytes
    asked: OperationDefinitionNode
    definition: GraphQLField

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None

    def relevant(self, variables: Mapping[str, object]) -> dict[str, object]:
        """Those of the variables that an answer may depend on."""
        names = (node.variable.name.value for node in self.operation.variable_definitions or ())
        return {name: variables[name] for name in names if name in variables}


class Subscriptions:
    """Of one schema. `resumes`: for each field that can be shared the argument that says where to begin, if any."""

    def __init__(self, schema: GuardedSchema, resumes: Mapping[str, str | None]) -> None:
        self._schema = schema
        self._resumes = resumes
        self._remembered = lru_cache(TEXTS)(self._read)

    def find(self, text: str, name: str | None) -> Subscribed | None:
        """None for whatever cannot be shared, faulty documents before all: others say what is wrong with them."""
        return self._remembered(text, name) if len(text) <= LONGEST else self._read(text, name)

    def arguments(self, found: Subscribed, variables: dict[str, Any]) -> dict[str, Any]:
        """Those of the root field, all of them. Raises a GraphQLError for variables that do not fit."""
        self._schema.checks.variables(variables)
        self._schema.checks.cost(found.document, found.operation, variables)
        coerced = get_variable_values(self._schema.core, found.asked.variable_definitions or (), variables)
        if isinstance(coerced, list):
            raise coerced[0]
        return get_argument_values(found.definition, _root(found.asked), coerced)

    def _read(self, text: str, name: str | None) -> Subscribed | None:
        checks = self._schema.checks
        try:
            document = checks.parse(text)
            if checks.shape(document) or checks.faults(document):
                return None
        except GraphQLError:
            return None
        asked = get_operation_ast(document, name)
        if asked is None or asked.operation is not OperationType.SUBSCRIPTION:
            return None
        selections = asked.selection_set.selections
        if len(selections) != 1 or not isinstance(selections[0], FieldNode) or selections[0].directives:
            return None
        field = selections[0].name.value
        root = self._schema.core.subscription_type
        if field not in self._resumes or root is None:
            return None
        uses = _Uses(document)
        visit(asked, uses)
        operation = _without(asked, self._resumes[field], uses)
        used = DocumentNode(definitions=(operation, *(uses.fragments[name] for name in sorted(uses.fragments))))
        digest = hashlib.sha256(print_ast(used).encode()).digest()
        return Subscribed(field, used, operation, digest, asked, root.fields[field])


def _root(operation: OperationDefinitionNode) -> FieldNode:
    return cast("FieldNode", operation.selection_set.selections[0])


def _without(operation: OperationDefinitionNode, argument: str | None, uses: "_Uses") -> OperationDefinitionNode:
    """The operation without that argument of its root, and without the variable that is only its value."""
    for node in _root(operation).arguments or ():
        if node.name.value == argument:
            variable = node.value.name.value if isinstance(node.value, VariableNode) else None
            # Once where it is defined, once here.
            if variable is None or uses.variables.count(variable) == 2:
                return cast("OperationDefinitionNode", visit(operation, _Removal(node, variable)))
    return operation


class _Removal(Visitor):
    def __init__(self, argument: ArgumentNode, variable: str | None) -> None:
        super().__init__()
        self._argument = argument
        self._variable = variable

    def enter_argument(self, node: ArgumentNode, *_: object) -> object:
        return REMOVE if node is self._argument else None

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> object:
        return REMOVE if node.variable.name.value == self._variable else None


class _Uses(Visitor):
    """The variables that an operation names, each as often as it does, and the fragments that it spreads."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        self._known = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.variables: list[str] = []

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.variables.append(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        name = node.name.value
        if name not in self.fragments:
            self.fragments[name] = self._known[name]
            visit(self._known[name], self)
