"""Subscribing at the front door: a document for everything, what is heard of it, and the streams that come of it."""

from typing import Any

from websockets.sync.client import ClientConnection

from streaming.sharing.shared import SharedStream
from tests.endpoint.wire import hear as hear_anything
from tests.endpoint.wire import tell
from tests.running import Running

EVERYTHING = """subscription Everything($after: StreamCursor, $orderId: ID, $status: [OrderStatus!]) {
  statusTransitions(after: $after, orderId: $orderId, status: $status) { %s } }"""


def subscribe(socket: ClientConnection, operation: str, text: str, /, **variables: Any) -> None:
    tell(socket, {"id": operation, "type": "subscribe", "payload": {"query": text, "variables": variables}})


def hear(socket: ClientConnection) -> Any:
    """The next message but pings, which are answered: a busy machine takes long enough for some."""
    while (message := hear_anything(socket)) == {"type": "ping"}:
        tell(socket, {"type": "pong"})
    return message


def streams_of(running: Running) -> list[SharedStream]:
    return running.do(_streams_of(running))


async def _streams_of(running: Running) -> list[SharedStream]:
    return [stream for stream in running.application.stream.streams._streams.values() if len(stream)]
