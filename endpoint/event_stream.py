"""Server-sent events by graphql-sse, in its distinct mode: one response that streams the results of one operation."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Final, Generic, cast

import orjson
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from strawberry.http import GraphQLRequestData
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from endpoint.accept import EVENTS
from endpoint.context import C
from endpoint.errors import presentable
from endpoint.guarded import GuardedSchema
from endpoint.rules import SocketRules
from endpoint.sharing import ending
from endpoint.sockets import Refused
from streaming.sharing.frame import Frame
from streaming.sharing.queue import QueueLine
from streaming.sharing.shared import Subscriber
from streaming.sharing.websocket import CLOSING

#: The key in `scope["extensions"]` under which a server says how to drop a connection, whatever waits to be sent there.
ABORT: Final = "orders.abort"
_COMPLETE: Final = b"event: complete\ndata: \n\n"
_COMMENT: Final = b":\n\n"
_HEADERS: Final = {
    "Content-Type": EVENTS + "; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",  # proxies that gather answers would gather this one for ever
}
_BY_GET: Final = {OperationType.QUERY, OperationType.SUBSCRIPTION}
_BY_POST: Final = {*_BY_GET, OperationType.MUTATION}


class EventStreamResponse(Response, Generic[C]):
    """Each result is an event `next`; those of a resumable subscription carry the place to resume from as their id,
    which browsers send back as Last-Event-ID. It ends with the event `complete`, or in the middle where the token
    ends, the process does, or the client reads too slowly: the client then comes back by itself."""

    def __init__(
        self, schema: GuardedSchema, rules: SocketRules[C], context: C, asked: GraphQLRequestData, *, by_get: bool
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._schema = schema
        self._rules = rules
        self._context = context
        self._asked = asked
        self._allowed = _BY_GET if by_get else _BY_POST
        self._over = asyncio.Event()

    def close(self, code: int, reason: str) -> None:  # noqa: ARG002 # there is nothing to tell it by
        """Ends it at once, as if the connection had failed."""
        if not self._over.is_set():
            self._rules.sockets.closed[code] += 1
            self._over.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        sockets = self._rules.sockets
        resume = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1") or None
        try:
            self._rules.hold(self, self._context, address=client[0] if client else "")
        except Refused as refusal:
            self.close(refusal.code, str(refusal))
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        too_slow = partial(self.close, 1013, "Reads too slowly")
        line = QueueLine(self._rules.room, too_slow, encode=_encode, send=_body_of(send))
        tasks = [
            asyncio.create_task(work)
            for work in (line.run(), self._run(line, resume), self._beat(line), _left(receive), self._over.wait())
        ]
        try:
            # All but the second go on until something is wrong.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sockets.release(self)
            line.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await _finish(scope, send)

    async def _run(self, line: QueueLine[bytes], resume: str | None) -> None:
        try:
            if not await self._share(line, resume):
                await self._execute(line)
        except Exception as error:  # noqa: BLE001 (the last place that can answer)
            line.put(_event({"errors": [presentable(error, self._context.language).formatted]}))
        line.put(_COMPLETE)
        await line.flushed()

    async def _share(self, line: QueueLine[bytes], resume: str | None) -> bool:
        """Whether it was a subscription that is shared; it has then ended."""
        asked, sharing = self._asked, self._rules.sharing
        if sharing is None or not asked.query:
            return False
        found = await sharing.find(self._context, asked.query, asked.variables, asked.operation_name, resume=resume)
        if found is None:
            return False
        stream, position = found
        ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        subscriber = Subscriber(line, b"", ended.set_result)
        stream.join(subscriber, position)
        try:
            error = await ended
        finally:
            subscriber.leave()
        if error is not None:
            raise ending(error, self._context.language)
        return True

    async def _execute(self, line: QueueLine[bytes]) -> None:
        asked = self._asked
        results = await self._schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=self._context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
            allowed_operation_types=self._allowed,
        )
        async with aclosing(results):
            async for item in results:
                result = cast("ExecutionResult", item)  # the other kinds come of @defer, which no schema here has
                payload: dict[str, Any] = {} if result.data is None and result.errors else {"data": result.data}
                if result.errors:
                    payload["errors"] = [error.formatted for error in result.errors]
                line.put(_event(payload))
                await line.flushed()

    async def _beat(self, line: QueueLine[bytes]) -> None:
        """Shows proxies that it lives, and ends it with its token."""
        expires_at, interval = self._context.expires_at, self._rules.limits.ping_interval
        while True:
            left = (expires_at - self._rules.now()).total_seconds() if expires_at else 3600.0
            if left <= 0:
                return
            await asyncio.sleep(min(left, interval.total_seconds() if interval else left))
            if not len(line):
                line.put(_COMMENT)


def _encode(_prefix: bytes, frame: Frame) -> bytes:
    return frame.event()


def _event(payload: object) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(payload) + b"\n\n"


def _body_of(send: Send) -> Callable[[bytes], Awaitable[None]]:
    async def write(content: bytes) -> None:
        await send({"type": "http.response.body", "body": content, "more_body": True})

    return write


async def _finish(scope: Scope, send: Send) -> None:
    """A client that takes nothing any more would otherwise keep its connection, and what waits there, for ever."""
    try:
        async with asyncio.timeout(CLOSING):
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
    except TimeoutError:
        if abort := scope.get("extensions", {}).get(ABORT):
            abort()


async def _left(receive: Receive) -> None:
    """Until the client has gone."""
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()
