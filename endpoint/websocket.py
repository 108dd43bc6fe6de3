"""One graphql-transport-ws socket: who may open it, what runs on it, how long it lives."""

import asyncio
import time
from contextlib import aclosing, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, cast

import orjson
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    PingMessage,
    SubscribeMessage,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError
from typing_extensions import override

from endpoint.context import C
from endpoint.correlation import correlated, new_correlation_id
from endpoint.errors import presentable
from endpoint.following import Following
from endpoint.lifetime import Lifetime
from endpoint.messages import fault_of
from endpoint.operation import SocketOperation
from endpoint.results import is_refused
from endpoint.rules import SocketRules
from endpoint.sharing import ending
from endpoint.sockets import Refused
from endpoint.wire import closing_of, fitting
from schema.errors import RateLimited
from streaming.sharing.pace import Pace

# A variable of the context and not the current task: resolvers may run in tasks of their own.
_running: ContextVar[object] = ContextVar("running", default=None)


class Socket(BaseGraphQLTransportWSHandler[C, None]):
    """Strawberry's handler with every message checked, a pace, an end, and a fresh context for each operation.

    A client that sends too fast is closed with 1013: clients come back after a pause from that code, an honest one
    with no more than its live operations; other codes would leave its page dead, and an attacker heeds none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules: SocketRules[C] = cast("Any", self.view).rules
        limits = self.rules.limits
        self._pace = Pace.full(burst=limits.message_burst, rate=limits.messages_per_second, now=time.monotonic())
        self._lifetime = Lifetime(close=self.close, ping=self._ping)
        too_slow = partial(self.close, 1013, "Reads too slowly")
        closed = self.rules.sockets.closed
        self._following = Following(cast("Any", self.websocket).ws, self.rules.room, too_slow, closed)
        self._saying: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None

    @override
    async def handle(self) -> None:
        client = cast("Any", self.websocket).ws.client
        # From the handshake on: who signs out before the first message does not get in by the cookie that came with it.
        with suppress(Refused):  # raised again when the client asks to be let in
            self.rules.sockets.hold(
                self, self.context.session_id, self.context.account_id, address=client.host if client else ""
            )
        try:
            await super().handle()
        finally:
            self.rules.sockets.release(self)

    @override
    async def shutdown(self) -> None:
        self._stop()
        unsaid = [*self._saying, *([self._closing] if self._closing else [])]
        if unsaid:
            await asyncio.wait(unsaid)
        await super().shutdown()

    def _stop(self) -> None:
        self._lifetime.stop()
        self._following.close()
        for task in self._saying:
            task.cancel()

    def close(self, code: int, reason: str) -> None:
        """Ends all operations now and sends the close frame as soon as the peer takes it.

        An operation that closes its own socket (by signing out) is answered first.
        """
        if self._closing is None:
            last = None
            for operation in list(self.operations.values()):
                if operation is _running.get():
                    last = operation.task
                else:
                    cast("SocketOperation[C]", operation).stop()
                    self.forget_id(operation.id)
            self._stop()
            self._closing = asyncio.create_task(self._close_after(last, code, fitting(reason)))

    async def _close_after(self, last: "asyncio.Task[None] | None", code: int, reason: str) -> None:
        if last:
            await asyncio.wait([last], timeout=5)
        if self._following.direct is not None:
            # Anything else waits until the peer has read what it was sent before.
            self._following.direct.end(code, fitting(reason))
        else:
            await self.websocket.close(code, reason)

    @override
    async def handle_message(self, message: Message) -> None:
        self._lifetime.heard()
        if self._closing:
            return
        if not self._pace.admits(time.monotonic()):
            self.close(1013, "Too many messages")
        elif fault := fault_of(message):
            self.close(4400, fault)
        else:
            await super().handle_message(message)

    @override
    async def handle_invalid_message(self, error_message: str) -> None:
        self.close(4400, error_message)

    @override
    async def handle_ping(self, message: PingMessage) -> None:
        payload = message.get("payload")
        await self._send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})

    @override
    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        payload = message.get("payload") or {}
        if self.connection_init_received:
            return self.close(4429, "Too many initialisation requests")
        if len(orjson.dumps(payload)) > self.rules.limits.init_bytes:
            return self.close(4400, "Connection init payload too large")
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
            self.connection_init_timeout_task = None
        try:
            self.context = await self.rules.authenticate(self.context, payload)
        except Exception as error:  # noqa: BLE001 (whatever fails here, the socket cannot go on)
            return self.close(*closing_of(error))
        if self._closing:
            return None
        try:
            self.rules.hold(self, self.context)
        except Refused as refusal:
            return self.close(refusal.code, refusal.reason)
        self.connection_acknowledged = True
        await self._send({"type": "connection_ack"})
        expires_at = self.context.expires_at
        left = expires_at - self.rules.now() if expires_at else None
        self._lifetime.start(left=left, ping_interval=self.rules.limits.ping_interval)
        return None

    @override
    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if not self.connection_acknowledged:
            return self.close(4401, "Unauthorized")
        if self.rules.sockets.draining:
            return self.close(1012, "Service restart")
        if message["id"] in self.operations:
            return self.close(4409, f"Subscriber for {message['id']} already exists")
        operation = SocketOperation(self, message)
        if len(self.operations) >= self.rules.limits.operations_per_socket:
            refusal = RateLimited("Subscription limit reached")
            await self._send({"id": operation.id, "type": "error", "payload": [refusal.formatted]})
            return None
        operation.task = asyncio.create_task(self.run_operation(operation))
        self.operations[operation.id] = operation
        return None

    def _ping(self) -> None:
        if self._following.direct is not None:
            self._following.direct.ping(self._lifetime.heard)
        else:
            self._say({"type": "ping"})

    def _say(self, message: Message) -> None:
        """As _send(), without waiting for it."""
        task = asyncio.create_task(self._send(message))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _send(self, message: Message) -> None:
        with suppress(WebSocketDisconnected):
            await self.send_message(message)

    @override
    async def run_operation(self, operation: Operation[C, None]) -> None:
        _running.set(operation)
        with correlated(new_correlation_id()), suppress(WebSocketDisconnected):
            try:
                if not await self._share(cast("SocketOperation[C]", operation)):
                    await self._stream_results(cast("SocketOperation[C]", operation))
            except WebSocketDisconnected:
                raise
            except Exception as error:  # noqa: BLE001 (the socket outlives its operations)
                await operation.send_initial_errors([presentable(error, self.context.language)])

    @override
    async def cleanup_operation(self, operation_id: str) -> None:
        operation = self.operations.pop(operation_id, None)
        if operation is not None:
            cast("SocketOperation[C]", operation).stop()

    async def _share(self, operation: SocketOperation[C]) -> bool:
        """Whether it now follows a stream that others follow, too; it then has no task."""
        if (sharing := self.rules.sharing) is None:
            return False
        found = await sharing.find(self.context, operation.query, operation.variables, operation.operation_name)
        if found is None:
            return False
        operation.subscriber = self._following.follow(
            operation.id, *found, ended=lambda error: self._ended(operation, error)
        )
        # What an idle subscription keeps is multiplied by thousands.
        operation.query, operation.variables, operation.extensions, operation.task = "", None, None, None
        return True

    def _ended(self, operation: SocketOperation[C], error: Exception | None) -> None:
        """The stream itself has."""
        if self.operations.get(operation.id) is not operation:
            return
        self.forget_id(operation.id)
        told = [] if error is None else [ending(error, self.context.language).formatted]
        kind = {"type": "error", "payload": told} if told else {"type": "complete"}
        message: Any = {"id": operation.id, **kind}
        if not self._following.say(str(self.view.encode_json(message))):
            self._say(message)

    async def _stream_results(self, operation: SocketOperation[C]) -> None:
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=self.context.fresh(),
            root_value=None,
            operation_name=operation.operation_name,
            operation_extensions=operation.extensions,
        )
        async with aclosing(results):
            async for item in results:
                # The other kinds come of @defer and @stream, which no schema here has.
                result = cast("ExecutionResult", item)
                if isinstance(result, PreExecutionError) or is_refused(result):
                    await operation.send_initial_errors(result.errors or [])
                    return
                await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})
