"""Sockets as any client may open them: with or without a token, a cookie, an origin."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.endpoint.wire import hear, tell
from tests.running import Running

_operations = itertools.count(1)


@contextmanager
def opened(
    running: Running,
    *,
    subprotocol: str = "graphql-transport-ws",
    origin: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[ClientConnection]:
    """A socket on which nothing has been said yet. Raises InvalidStatus where the handshake is refused."""
    with connect(
        running.url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol(subprotocol)],
        origin=None if origin is None else Origin(origin),
        additional_headers=dict(headers or {}),
        proxy=None,
        ping_interval=None,
    ) as socket:
        yield socket


@contextmanager
def acknowledged(running: Running, payload: object = None, **how: Any) -> Iterator[ClientConnection]:
    """A socket that was let in, with this payload of `connection_init`."""
    with opened(running, **how) as socket:
        tell(socket, {"type": "connection_init", "payload": payload})
        assert hear(socket) == {"type": "connection_ack"}
        yield socket


def first_answer(socket: ClientConnection, text: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The first thing that comes of an operation, as HTTP would answer it; the operation is then ended."""
    operation = f"operation {next(_operations)}"
    tell(socket, {"id": operation, "type": "subscribe", "payload": {"query": text, "variables": dict(variables or {})}})
    while (message := hear(socket)).get("id") != operation:
        pass  # the end of what came before
    if message["type"] == "error":
        return {"errors": message["payload"]}
    assert message["type"] == "next", message
    tell(socket, {"id": operation, "type": "complete"})
    return dict(message["payload"])
