"""From a subscription as a client sends it to the shared stream that answers it, and the place to begin."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Generic, cast

import orjson
from graphql import ExecutionResult, GraphQLError
from graphql.execution import Executor, execute_subscription_event
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from endpoint.context import C
from endpoint.errors import code_of, presentable
from endpoint.guarded import GuardedSchema, Refreshable
from endpoint.subscribed import Subscribed, Subscriptions
from schema.errors import BadCursor, CursorExpired, ErrorCode, Unavailable
from streaming.place import BadPlace, Place
from streaming.ring import StartAfresh, StreamStopped
from streaming.sharing.declaration import Declaration
from streaming.sharing.events import Events, EventStream
from streaming.sharing.latest import LatestStream
from streaming.sharing.shared import Render, RenderLater, SharedStream
from streaming.sharing.streams import Streams


class Sharing(Generic[C]):
    """`declared`: the root fields that many can be answered with at once, and in which scope. The rest is executed for
    each subscriber."""

    def __init__(self, schema: GuardedSchema, streams: Streams, declared: Mapping[str, Declaration[C]]) -> None:
        self._schema = schema
        self._streams = streams
        self._declared = declared
        self._subscriptions = Subscriptions(schema, {name: each.resume for name, each in declared.items()})

    async def find(
        self, context: C, text: str, variables: dict[str, Any] | None, name: str | None, *, resume: str | None = None
    ) -> tuple[SharedStream, int] | None:
        """The stream, to be joined at once, and the position to join at; None where this is not shared.

        `resume` is a place that counts before the one among the arguments. Raises a RequestRefused, or what the
        database raises."""
        subscribed = self._subscriptions.find(text, name)
        if subscribed is None:
            return None
        variables = variables or {}
        declaration = self._declared[subscribed.field]
        try:
            arguments = self._subscriptions.arguments(subscribed, variables)
            scope = declaration.scope(context)
        except GraphQLError:
            return None  # whoever is answered alone is told what is wrong

        after = arguments.pop(declaration.resume, None) if declaration.resume else None
        position = await self._start(resume if resume is not None and declaration.resume else after)
        relevant = subscribed.relevant(variables)
        tailer = self._streams.tailer
        log = tailer.ring
        key = (subscribed.digest, orjson.dumps(relevant, option=orjson.OPT_SORT_KEYS), scope)

        async def make() -> SharedStream:
            confined = declaration.confine(context, scope)
            return await self._make(subscribed, declaration, confined, arguments, relevant)

        stream = await self._streams.get(key, make)
        if tailer.ring is not log:  # replaced meanwhile: the position means nothing in the stream's
            raise CursorExpired
        return stream, position

    async def _start(self, after: str | None) -> int:
        try:
            return await self._streams.start(None if after is None else Place.decode(after))
        except BadPlace:
            raise BadCursor from None
        except StartAfresh:
            raise CursorExpired from None
        except (TimeoutError, StreamStopped):
            raise Unavailable from None

    async def _make(
        self,
        subscribed: Subscribed,
        declaration: Declaration[C],
        context: C,
        arguments: dict[str, Any],
        variables: dict[str, Any],
    ) -> SharedStream:
        executor = StrawberryGraphQLCoreExecutionContext.build(
            self._schema.core,
            subscribed.document,
            context_value=context,
            raw_variable_values=variables,
            is_awaitable=cast("Any", optimized_is_awaitable),  # it only lacks the type that says what it tells
            operation_extensions=None,
        )
        if isinstance(executor, list):
            raise executor[0]
        followed = await declaration.open(context, arguments)
        if isinstance(followed, Events):
            return EventStream(self._streams.tailer, followed, renderer(executor, context.language), self._streams.kept)
        return LatestStream(self._streams.tailer, followed, renderer(executor, context.language))


def renderer(executor: Executor[Any], language: str) -> Render:
    """Of one operation in its scope."""

    async def render(values: Sequence[object]) -> list[bytes]:
        """With one fresh context for all of them: nothing that it loads is older than the oldest event."""
        context = cast("Refreshable", executor.context_value).fresh()
        results = [one(value, context) for value in values]
        return await asyncio.gather(*results) if len(results) > 1 else [await results[0]]

    async def one(value: object, context: Refreshable) -> bytes:
        """What is not available now is not an answer: it can be had later."""
        of_event = executor.build_per_event_executor(value)
        of_event.context_value = context
        result = execute_subscription_event(of_event)
        if executor.is_awaitable(result):
            result = await cast("Awaitable[ExecutionResult]", result)
        result = cast("ExecutionResult", result)
        errors = [presentable(error, language) for error in result.errors or ()]
        if any(code_of(error) is ErrorCode.UNAVAILABLE for error in errors):
            raise RenderLater
        payload: dict[str, object] = {"data": result.data}
        if errors:
            payload["errors"] = [error.formatted for error in errors]
        return orjson.dumps(payload)

    return render


def ending(error: Exception, language: str) -> GraphQLError:
    """What a subscriber is told when a shared stream ends."""
    if isinstance(error, StartAfresh):
        return presentable(CursorExpired(), language)
    return presentable(Unavailable() if isinstance(error, StreamStopped) else error, language)
