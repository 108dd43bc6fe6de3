"""A Strawberry schema that checks every document before it runs and masks every error after, on both transports."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol, Self, cast

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, get_operation_ast
from graphql.execution import Executor
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext
from typing_extensions import override

from endpoint.checks import Checks
from endpoint.errors import presentable
from endpoint.known import Known, KnownDocuments
from endpoint.limits import Limits
from schema.errors import BadUserInput, Forbidden


class Refreshable(Protocol):
    """A context that can be made anew, so that what its loaders remember does not outlive one event."""

    def fresh(self) -> Self: ...


class FreshPerEvent(StrawberryGraphQLCoreExecutionContext):
    """Executes each event of a subscription with a fresh context."""

    def build_per_event_executor(self, payload: object) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        executor.context_value = cast("Refreshable", self.context_value).fresh()
        return executor


#: All that those hear of a faulty document who may not read the schema: more would tell them of it bit by bit.
_NOT_VALID: Final = "This document is not valid here."


class Guard(SchemaExtension):
    """Refuses a document that is too big, not valid or too costly, the cheapest check first.

    What a document alone decides is checked the first time that it is seen."""

    def __init__(self, limits: Limits, may_introspect: Callable[[object], bool], documents: KnownDocuments) -> None:
        self._limits = limits
        self._may_introspect = may_introspect
        self._documents = documents
        self._known: Known | None = None

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = self._limits.tokens
        yield

    def on_parse(self) -> Iterator[None]:
        self._known = self._documents.find(self.execution_context.query or "")
        if self._known is not None:
            self.execution_context.graphql_document = self._known.document  # Strawberry does not parse it again
        yield

    def on_validate(self) -> Iterator[None]:
        # Strawberry takes a list, even an empty one, as the outcome of validation and does not validate again.
        self.execution_context.pre_execution_errors = self._faults()
        yield

    def _faults(self) -> list[GraphQLError]:
        context = self.execution_context
        checks = cast("GuardedSchema", context.schema).checks
        document = cast("DocumentNode", context.graphql_document)
        try:
            known = self._known or Known(document, introspects=checks.shape(document))
            if known.introspects and not self._may_introspect(context.context):
                raise Forbidden("Introspection is not open to you.")
            checks.variables(context.variables)
            if self._known is None:
                if errors := checks.faults(document):
                    return errors if self._may_introspect(context.context) else [BadUserInput(_NOT_VALID)]
                self._documents.keep(context.query or "", known)
            checks.cost(document, self._selected_operation(document), context.variables or {})
        except GraphQLError as refusal:
            return [refusal]
        return []

    def _selected_operation(self, document: DocumentNode) -> OperationDefinitionNode:
        # The public `operation_name` is that of the first operation where the client named none.
        name = self.execution_context._provided_operation_name  # noqa: SLF001 (told nowhere else)
        operation = get_operation_ast(document, name)
        if operation is None:
            raise BadUserInput("Name the operation to run: the document has several.")
        return operation


class GuardedSchema(Schema):
    """The schema that the endpoint serves.

    `may_introspect` is asked with the context of a request that reads `__schema` or `__type`; by default anyone may.
    """

    def __init__(
        self,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        *,
        types: Iterable[type] = (),
        config: StrawberryConfig | None = None,
        extensions: Iterable[Callable[[], SchemaExtension]] = (),
        limits: Limits,
        may_introspect: Callable[[object], bool] = lambda _: True,
    ) -> None:
        documents = KnownDocuments()
        super().__init__(
            query,
            mutation,
            subscription,
            types=types,
            config=config,
            extensions=(lambda: Guard(limits, may_introspect, documents), *extensions),
            execution_context_class=FreshPerEvent,
        )
        self.limits = limits
        self.checks = Checks(self.core, limits)

    @property
    def core(self) -> GraphQLSchema:
        """The same schema as graphql-core knows it."""
        return self._schema

    @override
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry hands every result's errors to this method once, on each path; they are replaced in place.

        Its own version logs them with the text of the document, where people's data stands.
        """
        language = getattr(execution_context and execution_context.context, "language", "en")
        errors[:] = [presentable(error, language) for error in errors]
