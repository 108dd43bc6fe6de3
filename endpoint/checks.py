"""What a document and its variables must be to be executed, the cheapest check first."""

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, parse
from graphql.validation import specified_rules
from strawberry.schema.schema import validate_document

from endpoint.cost import Pricer
from endpoint.limits import Limits
from endpoint.shape import excesses, measure
from endpoint.values import faults_of_literals, faults_of_variables
from schema.errors import BadUserInput, QueryTooComplex


class Checks:
    """Of one schema and its limits. Each raises a GraphQLError for what is refused."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits

    def parse(self, text: str) -> DocumentNode:
        return parse(text, max_tokens=self._limits.tokens)

    def shape(self, document: DocumentNode) -> bool:
        """Of what may not even be valid; whether it looks into the schema itself."""
        if len(document.definitions) > self._limits.definitions:
            raise BadUserInput(f"The document has more than {self._limits.definitions} definitions.")
        sizes = measure(document)
        for operation, size in sizes:
            for excess in excesses(operation, size, self._limits):
                raise BadUserInput(excess)
        for fault in faults_of_literals(document, list_items=self._limits.list_items):
            raise BadUserInput(fault)
        return any(size.introspection_roots for _, size in sizes)

    def variables(self, variables: object) -> None:
        for fault in faults_of_variables(variables, list_items=self._limits.list_items):
            raise BadUserInput(fault)

    def faults(self, document: DocumentNode) -> list[GraphQLError]:
        """What validation finds."""
        return validate_document(self._schema, document, tuple(specified_rules))

    def cost(self, document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, object]) -> None:
        cost = Pricer(self._schema, document, operation, variables, self._limits).cost()
        follows = operation.operation is OperationType.SUBSCRIPTION
        most = self._limits.event_cost if follows else self._limits.cost
        if cost > most:
            raise QueryTooComplex(details={"cost": {"requested": cost, "maximum": most}})
