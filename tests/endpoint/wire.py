"""Speaking graphql-transport-ws frame by frame."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.endpoint.serving import Toy


def tell(socket: ClientConnection, message: object) -> None:
    socket.send(json.dumps(message))


def announce(socket: ClientConnection, size: int, *, behind: bytes = b"") -> None:
    """Sends the head alone of a text message of so many bytes, or of its next piece `behind` a first one.

    A server that closes with something still unread resets the connection, which may take its close frame along.
    """
    if behind:
        socket.socket.sendall(_head(opcode=1, size=len(behind)) + behind)
    socket.socket.sendall(_head(opcode=0 if behind else 1, size=size))


def _head(*, opcode: int, size: int) -> bytes:
    """Of one piece (RFC 6455, 5.2), masked with zeros; more are to come."""
    return bytes([opcode, 0x80 | 127]) + size.to_bytes(8) + bytes(4)


def hear(socket: ClientConnection) -> Any:
    """The next message, which must come as text."""
    frame = socket.recv(timeout=10)
    assert isinstance(frame, str)
    return json.loads(frame)


def closing(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason of the server's close frame, after whatever else it still sends."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=10)
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


@contextmanager
def acknowledged(toy: Toy, payload: object = None) -> Iterator[ClientConnection]:
    """A socket that has been let in."""
    with toy.socket() as socket:
        tell(socket, {"type": "connection_init", "payload": payload})
        assert hear(socket) == {"type": "connection_ack"}
        yield socket


def subscribe(socket: ClientConnection, query: str, operation_id: str = "1", **more: object) -> None:
    tell(socket, {"id": operation_id, "type": "subscribe", "payload": {"query": query, **more}})


def run(socket: ClientConnection, query: str, operation_id: str = "1", **more: object) -> list[Any]:
    """All that the server answers to one operation, up to its end."""
    subscribe(socket, query, operation_id, **more)
    heard = [hear(socket)]
    while heard[-1]["type"] == "next":
        heard.append(hear(socket))
    return heard
