"""Refuses request bodies that are too big, too slow or compressed, before anything reads them into memory."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.errors import ErrorCode

GRAPHQL_BODY = 256 * 1024
#: Seconds that a body may take beside its bytes, and bytes that have to come in each further one: who sends one byte
#: and no more would hold a connection for ever.
PATIENCE = 30.0
SLOWEST = 16 * 1024


class BodyLimits:
    """Middleware with a bound, in bytes, for each prefix of paths; the longest that fits counts, `default` elsewhere.

    A body may lie about its length or not name it, so the bytes are counted as they come. Where they run over, the
    client is answered at once and the application sees a client that went away.
    """

    def __init__(self, app: ASGIApp, *, limits: Mapping[str, int], default: int = 64 * 1024) -> None:
        self.app = app
        self._limits = sorted(limits.items(), key=lambda item: len(item[0]), reverse=True)
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = next((size for prefix, size in self._limits if scope["path"].startswith(prefix)), self._default)
        declared = headers.get("content-length", "0")
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            await _refusal(415, "Send the body uncompressed.")(scope, receive, send)
        elif not declared.isdecimal():
            await _refusal(400, "Content-Length is not a number.")(scope, receive, send)
        elif len(declared) > 15 or int(declared) > limit:
            await _refusal(413, f"The body may have {limit} bytes.")(scope, receive, send)
        else:
            await _Counted(limit, scope, receive, send).run(self.app)


class _Counted:
    """One request whose body is counted and timed. The application sees a client that went away where it is refused."""

    def __init__(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        self._limit = limit
        self._scope, self._receive, self._send = scope, receive, send
        self._began = asyncio.get_running_loop().time()
        self._seen = 0
        self._whole = False
        self._answering = False
        self._refused = False

    async def run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self.receive, self.send)
        except Exception:
            # What the application makes of the lost client is of no interest once the client has its answer.
            if not self._refused:
                raise

    async def receive(self) -> Message:
        if self._refused:
            return {"type": "http.disconnect"}
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._began + PATIENCE + self._seen / SLOWEST):
                message = await self._receive()
        except TimeoutError:
            return await self._refuse(408, "The body comes too slowly.")
        self._whole = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            return await self._refuse(413, f"The body may have {self._limit} bytes.")
        return message

    async def send(self, message: Message) -> None:
        self._answering = True
        if not self._refused:
            await self._send(message)

    async def _refuse(self, status: int, message: str) -> Message:
        self._refused = True
        if not self._answering:
            await _refusal(status, message)(self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}


def _refusal(status: int, message: str) -> JSONResponse:
    error = {"message": message, "extensions": {"code": ErrorCode.BAD_USER_INPUT.value}}
    # The rest of the body is not read, so the connection cannot carry another request.
    return JSONResponse({"errors": [error]}, status_code=status, headers={"Connection": "close"})
