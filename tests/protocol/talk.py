"""One client of graphql-transport-ws, which looks at the form of everything that it hears."""

import json
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

Message = dict[str, Any]

#: The keys that a message of each type has, and those that it may have.
FORMS: dict[str, tuple[set[str], set[str]]] = {
    "connection_ack": ({"type"}, {"payload"}),
    "ping": ({"type"}, {"payload"}),
    "pong": ({"type"}, {"payload"}),
    "next": ({"type", "id", "payload"}, set()),
    "error": ({"type", "id", "payload"}, set()),
    "complete": ({"type", "id"}, set()),
}
SECONDS = 10


def well_formed(frame: str | bytes) -> Message:
    """The message in a frame; fails the test where a server may not send it."""
    assert isinstance(frame, str), "messages come as text"
    message = json.loads(frame)
    assert isinstance(message, dict), message
    assert message.get("type") in FORMS, message
    needed, optional = FORMS[message["type"]]
    assert needed <= set(message) <= needed | optional, message
    match message:
        case {"type": "next", "payload": payload}:
            assert isinstance(payload, dict), message
            assert set(payload) <= {"data", "errors", "extensions", "hasNext", "incremental", "pending", "completed"}
            assert "data" in payload or payload.get("errors"), message
        case {"type": "error", "payload": errors}:
            assert isinstance(errors, list), message
            assert errors, message
            assert all(isinstance(error.get("message"), str) for error in errors), message
        case {"payload": payload}:
            assert payload is None or isinstance(payload, dict), message
    if "id" in message:
        assert isinstance(message["id"], str), message
    return message


class Talk:
    """Sends and hears on one socket, and answers the server's pings on the way."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def ask_in(self, payload: object) -> None:
        self.send(type="connection_init", **({} if payload is None else {"payload": payload}))

    def introduce(self, payload: object) -> Message:
        """The acknowledgement. Nothing is sent for None."""
        self.ask_in(payload)
        message = self.hear()
        assert message["type"] == "connection_ack", message
        return message

    def subscribe(self, query: str, operation: str = "1", **more: Any) -> None:
        self.send(type="subscribe", id=operation, payload={"query": query, **more})

    def complete(self, operation: str = "1") -> None:
        self.send(type="complete", id=operation)

    def hear(self, seconds: float = SECONDS) -> Message:
        """The next message that is no ping. Raises TimeoutError where none comes."""
        while True:
            message = well_formed(self.socket.recv(timeout=seconds))
            if message["type"] != "ping":
                return message
            self.send(type="pong")

    def hear_until(self, kind: str, operation: str | None = None) -> list[Message]:
        """All that comes up to a message of this type, of this operation if one is named."""
        heard = [self.hear()]
        while heard[-1]["type"] != kind or heard[-1].get("id") != operation:
            heard.append(self.hear())
        return heard

    def hear_end(self, operation: str = "1") -> list[Message]:
        """All that comes up to the end of an operation, be it a completion or an error."""
        heard = [self.hear()]
        while heard[-1].get("id") != operation or heard[-1]["type"] not in ("complete", "error"):
            heard.append(self.hear())
        return heard

    def run(self, query: str, operation: str = "1", **more: Any) -> list[Message]:
        """All that comes of one operation where no other runs."""
        self.subscribe(query, operation, **more)
        heard = self.hear_end(operation)
        assert {message.get("id") for message in heard} == {operation}, heard
        return heard

    def answer(self, query: str, **more: Any) -> Any:
        """The data of an operation that has one result and no error."""
        result, end = self.run(query, **more)
        assert end["type"] == "complete", end
        assert "errors" not in result["payload"], result
        return result["payload"]["data"]

    def pong(self) -> list[Message]:
        """Sends a ping; what comes before its pong. By then the server has seen all that was sent before."""
        self.send(type="ping")
        *before, _ = self.hear_until("pong")
        return before

    def is_alive(self) -> bool:
        """Whether operations can still be run on the socket."""
        return bool(self.answer("{ __typename }", operation="alive"))

    def closing(self) -> tuple[int, str]:
        """The code and reason of the server's close frame, after whatever else it still sends."""
        with suppress(ConnectionClosed):
            while True:
                self.socket.recv(timeout=SECONDS)
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


def kinds(messages: list[Message]) -> list[str]:
    return [message["type"] for message in messages]
