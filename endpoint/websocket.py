"""One graphql-transport-ws socket: who may open it, what runs on it, how long it lives."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, cast

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

from endpoint.context import Authenticate, C
from endpoint.correlation import correlated, new_correlation_id
from endpoint.errors import presentable
from endpoint.lifetime import Lifetime
from endpoint.limits import Limits
from endpoint.messages import fault_of
from endpoint.pace import Pace
from endpoint.results import is_refused
from endpoint.sockets import Sockets
from endpoint.wire import closing_of
from schema.errors import RateLimited

# A variable of the context and not the current task: resolvers may run in tasks of their own.
_running: ContextVar[object] = ContextVar("running", default=None)


@dataclass(frozen=True, kw_only=True)
class SocketRules(Generic[C]):
    """What every socket of one endpoint obeys."""

    limits: Limits
    sockets: Sockets
    authenticate: Authenticate[C]
    now: Callable[[], datetime]


class SocketOperation(Operation[C, None]):
    """An operation that keeps the `extensions` of its message."""

    __slots__ = ("extensions",)

    def __init__(self, handler: "Socket[C]", message: SubscribeMessage) -> None:
        payload = message["payload"]
        super().__init__(
            handler, message["id"], payload["query"], payload.get("variables"), payload.get("operationName")
        )
        self.extensions = payload.get("extensions")


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
        self._pinging: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @override
    async def handle(self) -> None:
        self.rules.sockets.hold(self)
        try:
            await super().handle()
        finally:
            self.rules.sockets.release(self)

    @override
    async def shutdown(self) -> None:
        self._lifetime.stop()
        for task in (self._pinging, self._closing):
            if task:
                await task
        await super().shutdown()

    def close(self, code: int, reason: str) -> None:
        """Ends all operations now and sends the close frame as soon as the peer takes it.

        An operation that closes its own socket (by signing out) is answered first.
        """
        if self._closing is None:
            self._lifetime.stop()
            last = None
            for operation in list(self.operations.values()):
                if operation is _running.get():
                    last = operation.task
                elif operation.task:
                    operation.task.cancel()
                    self.forget_id(operation.id)
            self._closing = asyncio.create_task(self._close_after(last, code, reason))

    async def _close_after(self, last: "asyncio.Task[None] | None", code: int, reason: str) -> None:
        if last:
            await asyncio.wait([last], timeout=5)
        await self.websocket.close(code, reason)

    # ------------------------------------------------------------ messages

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
        try:
            self.context = await self.rules.authenticate(self.context, payload)
        except Exception as error:  # noqa: BLE001 (whatever fails here, the socket cannot go on)
            return self.close(*closing_of(error))
        if self._closing:
            return None
        self.rules.sockets.hold(self, self.context.session_id, self.context.account_id)
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
        self._pinging = asyncio.create_task(self._send({"type": "ping"}))

    async def _send(self, message: Message) -> None:
        with suppress(WebSocketDisconnected):
            await self.send_message(message)

    # ------------------------------------------------------------ operations

    @override
    async def run_operation(self, operation: Operation[C, None]) -> None:
        _running.set(operation)
        with correlated(new_correlation_id()), suppress(WebSocketDisconnected):
            try:
                await self._stream_results(cast("SocketOperation[C]", operation))
            except WebSocketDisconnected:
                raise
            except Exception as error:  # noqa: BLE001 (the socket outlives its operations)
                await operation.send_initial_errors([presentable(error, self.context.language)])

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
