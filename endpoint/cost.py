"""What a document could cost: how many things it may fetch at most.

    connection (a field with an argument `first`)   page size x max(1, sum of what is selected in it)
    any other list                                  max(1, sum of what is selected in it)
    an object                                       sum of what is selected in it
    a leaf                                          0

The page size is `first` or `last` (the greater, where both are given) from a literal or a variable, the default page
where neither is. A size beyond the largest page counts as the largest page: the resolver refuses it by name. So a page
of 100 orders with 100 transitions each costs 10,000, whatever else of an order is selected beside them counts once per
order and list, and a single order costs only its lists.

A fragment is priced once, so the work is linear in the document.
"""

from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.type import GraphQLCompositeType, is_composite_type, is_interface_type, is_object_type

from endpoint.limits import Limits


class Pricer:
    """Prices one operation of a valid document for the variables that came with it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        limits: Limits,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._limits = limits
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._variables = {
            node.variable.name.value: node.default_value for node in operation.variable_definitions or ()
        } | dict(variables)
        self._known: dict[str, int] = {}

    def cost(self) -> int:
        root = self._schema.get_root_type(self._operation.operation)
        return self._selection(self._operation.selection_set, root)

    def _selection(self, selection_set: SelectionSetNode | None, parent: GraphQLCompositeType | None) -> int:
        if selection_set is None or parent is None:
            return 0
        return sum(self._node(node, parent) for node in selection_set.selections)

    def _node(self, node: SelectionNode, parent: GraphQLCompositeType) -> int:
        match node:
            case FieldNode():
                return self._field(node, parent)
            case InlineFragmentNode():
                return self._selection(node.selection_set, self._type(node.type_condition) or parent)
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
            case _:
                return 0

    def _fragment(self, name: str) -> int:
        if name not in self._known:
            definition = self._fragments[name]
            self._known[name] = self._selection(definition.selection_set, self._type(definition.type_condition))
        return self._known[name]

    def _field(self, node: FieldNode, parent: GraphQLCompositeType) -> int:
        field = self._definition(node, parent)
        if field is None:
            return 0
        named = get_named_type(field.type)
        inner = self._selection(node.selection_set, named if is_composite_type(named) else None)
        if "first" in field.args:
            return self._page(node) * max(1, inner)
        return max(1, inner) if is_list_type(get_nullable_type(field.type)) else inner

    def _definition(self, node: FieldNode, parent: GraphQLCompositeType) -> GraphQLField | None:
        if is_object_type(parent) or is_interface_type(parent):
            return self._schema.get_field(parent, node.name.value)
        return None  # a union has no field but __typename

    def _page(self, node: FieldNode) -> int:
        sizes = [
            size
            for argument in node.arguments or ()
            if argument.name.value in ("first", "last")
            if (size := self._integer(argument.value)) is not None
        ]
        return min(max([1, *sizes]), self._limits.largest_page) if sizes else self._limits.default_page

    def _integer(self, value: object) -> int | None:
        if isinstance(value, VariableNode):
            value = self._variables.get(value.name.value)
        if isinstance(value, IntValueNode):
            # int() refuses thousands of digits, and four say already that it is beyond any page.
            return int(value.value[:5])
        return value if isinstance(value, int) else None

    def _type(self, condition: NamedTypeNode | None) -> GraphQLCompositeType | None:
        named = self._schema.get_type(condition.name.value) if condition else None
        return named if is_composite_type(named) else None
