"""Gives each request an id that stands in its response and in all it logs, and writes one access line about it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADER = "X-Request-ID"
# An id is copied into logs and headers, so one that a client chose must be short and plain.
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")

log: structlog.stdlib.BoundLogger = structlog.get_logger("access")


def new_correlation_id() -> str:
    return uuid4().hex


def correlation_id() -> str:
    """The id of the request that is being answered, or a fresh one where there is none."""
    bound = structlog.contextvars.get_contextvars().get("correlation_id")
    return bound if isinstance(bound, str) else new_correlation_id()


@contextmanager
def correlated(identifier: str) -> Iterator[None]:
    """All that is logged inside carries `identifier`."""
    with structlog.contextvars.bound_contextvars(correlation_id=identifier):
        yield


class Correlation:
    """Outermost middleware: takes X-Request-ID when it is sane, makes one otherwise, and returns it.

    The access line has no query string, no header and no address of the client: none is needed to follow a request,
    and each may hold a secret or a person.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        offered = Headers(scope=scope).get(_HEADER, "")
        identifier = offered if _SANE.fullmatch(offered) else new_correlation_id()
        exchange = _Exchange(scope, receive, send, identifier)
        with correlated(identifier):
            try:
                await self.app(scope, exchange.receive, exchange.send)
            finally:
                exchange.write_access_line()


class _Exchange:
    """Watches the messages of one request for what its access line tells."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, identifier: str) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._identifier = identifier
        self._started = time.perf_counter()
        # What the client sees where the application fails before it answers.
        self._outcome = 500 if scope["type"] == "http" else 1006
        self._bytes = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._outcome = message.get("code", 1005)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
            MutableHeaders(scope=message)[_HEADER] = self._identifier
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self._outcome = message["status"]
        elif message["type"] == "websocket.close":
            self._outcome = message.get("code", 1000)
        self._bytes += len(message.get("body", b"") or message.get("bytes") or message.get("text") or b"")
        await self._send(message)

    def write_access_line(self) -> None:
        http = self._scope["type"] == "http"
        log.info(
            "request" if http else "socket",
            method=self._scope.get("method", "WEBSOCKET"),
            path=self._scope["path"],
            **{"status" if http else "close_code": self._outcome},
            ms=round((time.perf_counter() - self._started) * 1000, 1),
            bytes=self._bytes,
        )
