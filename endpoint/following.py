"""The shared subscriptions of one socket: each is a place in a stream and the line they all are written to."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from streaming.sharing.frame import Frame, prefix_of
from streaming.sharing.line import Line, Room
from streaming.sharing.queue import QueueLine
from streaming.sharing.shared import SharedStream, Subscriber
from streaming.sharing.websocket import DIRECT, DirectWebSocket


class Following:
    """By the ids of their operations. `direct` is how to write past the application, where the server offers that; it
    counts in `closed` by which codes it has closed sockets."""

    def __init__(self, websocket: WebSocket, room: Room, too_slow: Callable[[], None], closed: Counter[int]) -> None:
        self.direct: DirectWebSocket | None = websocket.scope.get("extensions", {}).get(DIRECT)
        self._websocket = websocket
        self._room = room
        self._too_slow = too_slow
        self._line: Line | None = None
        self._sending: asyncio.Task[None] | None = None
        if self.direct is not None:
            self.direct.watch(room, too_slow, closed)

    def follow(
        self, operation_id: str, stream: SharedStream, position: int, ended: Callable[[Exception | None], None]
    ) -> Subscriber:
        subscriber = Subscriber(self._open_line(), prefix_of(operation_id), ended)
        stream.join(subscriber, position)
        return subscriber

    def say(self, message: str) -> bool:
        """Whether it goes out behind the frames; otherwise nothing stands in front of it, and it can be sent."""
        if isinstance(self._line, QueueLine):
            self._line.put(message)
            return True
        return False

    def close(self) -> None:
        """Nothing is written any more."""
        if self._line is not None:
            self._line.close()
        if self._sending is not None:
            self._sending.cancel()

    def _open_line(self) -> Line:
        if self._line is None:
            self._line = self._direct_line() or self._queue_line()
        return self._line

    def _direct_line(self) -> Line | None:
        return self.direct.open_line(self._room, self._too_slow) if self.direct is not None else None

    def _queue_line(self) -> Line:
        line: QueueLine[Any] = QueueLine(self._room, self._too_slow, encode=_text, send=self._websocket.send_text)
        self._sending = asyncio.create_task(_run(line))
        return line


def _text(prefix: bytes, frame: Frame) -> str:
    return frame.text(prefix)


async def _run(line: QueueLine[Any]) -> None:
    with suppress(WebSocketDisconnect, WebSocketDisconnected):
        await line.run()
