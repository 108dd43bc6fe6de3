"""How big a GraphQL document is once its fragments are unfolded, and what of it is too big.

Each fragment is measured once, so the work is linear in the document even where unfolding it would be exponential.
"""

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
)

from endpoint.limits import Limits
from schema.errors import BadUserInput

# Fields, inline fragments and spreads within one another. No honest document comes near; the stack ends at 1000.
_NESTING = 100


class Size(NamedTuple):
    """What a selection asks for. `width` counts its own fields, `fields` those below them as well."""

    depth: int = 0
    width: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    introspection_depth: int = 0
    introspection_fields: int = 0
    introspection_roots: int = 0

    def beside(self, other: "Size") -> "Size":
        return Size(
            max(self.depth, other.depth),
            self.width + other.width,
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            max(self.introspection_depth, other.introspection_depth),
            self.introspection_fields + other.introspection_fields,
            self.introspection_roots + other.introspection_roots,
        )

    def under(self, field: FieldNode) -> "Size":
        if field.name.value in ("__schema", "__type"):
            return Size(
                aliases=self.aliases,
                directives=self.directives,
                introspection_depth=self.depth + 1,
                introspection_fields=self.fields + 1,
                introspection_roots=1,
            )
        return self._replace(depth=self.depth + 1, width=1, fields=self.fields + 1)


class _Ruler:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}

    def selection(self, selection_set: SelectionSetNode | None, level: int = 0) -> Size:
        """The size of what stands between the braces of a field, an operation or a named fragment."""
        if selection_set is None:
            return Size()
        names: list[tuple[str, str]] = []
        size = self._unfold(selection_set, "", names, level)
        # A field that stands there twice is asked twice, just as under an alias, and is as costly to validate.
        return size._replace(aliases=size.aliases + len(names) - len(set(names)))

    def _unfold(self, selection_set: SelectionSetNode, on: str, names: list[tuple[str, str]], level: int) -> Size:
        if level > _NESTING:
            raise BadUserInput(f"The document is nested more than {_NESTING} levels deep.")
        size = Size()
        for node in selection_set.selections:
            size = size.beside(self._node(node, on, names, level + 1))
        return size

    def _node(self, node: SelectionNode, on: str, names: list[tuple[str, str]], level: int) -> Size:
        own = Size(directives=len(node.directives or ()))
        match node:
            case FieldNode():
                names.append((on, (node.alias or node.name).value))
                inner = self.selection(node.selection_set, level).under(node)
                return inner.beside(own._replace(aliases=int(node.alias is not None)))
            case InlineFragmentNode():
                condition = node.type_condition.name.value if node.type_condition else on
                return self._unfold(node.selection_set, condition, names, level).beside(own)
            case FragmentSpreadNode():
                return self._fragment(node.name.value, level).beside(own)
            case _:
                return own

    def _fragment(self, name: str, level: int) -> Size:
        definition = self._fragments.get(name)
        if name not in self._known:
            # Until it is measured a fragment counts as nothing, which ends a cycle; validation refuses those.
            self._known[name] = Size()
            if definition is not None:
                size = self.selection(definition.selection_set, level)
                self._known[name] = size.beside(Size(directives=len(definition.directives or ())))
        return self._known[name]


def measure(document: DocumentNode) -> list[tuple[OperationDefinitionNode, Size]]:
    """The size of each operation. Raises BadUserInput for nesting that could exhaust the stack."""
    ruler = _Ruler(document)
    return [
        (node, ruler.selection(node.selection_set).beside(Size(directives=len(node.directives or ()))))
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]


def excesses(operation: OperationDefinitionNode, size: Size, limits: Limits) -> Iterator[str]:
    """Says of each bound that an operation breaks by how much."""
    root_fields = size.width if operation.operation is OperationType.MUTATION else 0
    for noun, found, allowed in (
        ("levels of fields", size.depth, limits.depth),
        ("fields", size.fields, limits.fields),
        ("aliases and repeated fields", size.aliases, limits.aliases),
        ("directives", size.directives, limits.directives),
        ("mutations", root_fields, limits.mutation_fields),
        ("levels of introspection", size.introspection_depth, limits.introspection_depth),
        ("fields of introspection", size.introspection_fields, limits.introspection_fields),
        ("questions to the schema", size.introspection_roots, limits.introspection_roots),
    ):
        if found > allowed:
            yield f"The document has more than {allowed} {noun}."
