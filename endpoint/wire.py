"""The websocket itself, on which anything may be sent or closed at any time, also after the peer has gone."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from starlette.websockets import WebSocketDisconnected as StarletteDisconnected
from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from typing_extensions import override

from endpoint.errors import code_of, presentable
from schema.errors import ErrorCode


class Wire(ASGIWebSocketAdapter):
    """Tells one that has closed by WebSocketDisconnected, whoever closed it."""

    @override
    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await super().send_json(message)
        except StarletteDisconnected as gone:
            raise WebSocketDisconnected from gone

    @override
    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is WebSocketState.CONNECTED:
            cast("Any", self.view).rules.sockets.closed[code] += 1
            with suppress(Exception):  # the peer may go first
                await super().close(code, reason)


def fitting(reason: str) -> str:
    """As much of it as a close frame holds: 123 bytes (RFC 6455, 5.5), beside the code."""
    return reason.encode()[:123].decode(errors="ignore")


def closing_of(error: Exception) -> tuple[int, str]:
    """The code and reason for closing a socket that cannot be let in or go on because of `error`.

    1013 and 4403 are retried by clients, 4500 (their own code for a fault of the server) is not.
    """
    if isinstance(error, ConnectionRejectionError):
        return 4403, "Forbidden"
    match code_of(presentable(error)):
        case ErrorCode.INTERNAL:
            return 4500, "Internal server error"
        case ErrorCode.UNAVAILABLE | ErrorCode.RATE_LIMITED:
            return 1013, "Not available now"
        case _:
            return 4403, "Forbidden"
