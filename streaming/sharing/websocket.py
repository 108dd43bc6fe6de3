"""uvicorn's websockets, with a way to write a shared frame straight to the transport: no task, no queue, no await."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from streaming.sharing.frame import Frame as Shared
from streaming.sharing.line import Line, Room, Waiting

#: The key in `scope["extensions"]` under which a socket that is served by this protocol has it.
DIRECT: Final = "orders.direct"
#: Seconds that a peer may take to answer a close frame; one that reads nothing would otherwise never be rid of.
CLOSING: Final = 10.0


class DirectWebSocket(WebSocketsSansIOProtocol):
    """For uvicorn's setting `ws`. What the application sends and what is written directly keep their order: both are
    whole messages in one buffer."""

    direct: "DirectLine | None" = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue: Any = Inbox()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]  # any are allowed
            extensions[DIRECT] = self

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.direct is not None:
            self.direct.full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.direct is not None:
            self.direct.full = False
            self.direct.has_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_writing()
        super().connection_lost(exc)

    def handle_close(self, event: Frame) -> None:
        self._stop_writing()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        self._stop_writing()
        super().handle_parser_exception()

    def shutdown(self) -> None:
        self._stop_writing()
        super().shutdown()

    async def send(self, message: Any) -> None:
        # The library takes it for a fault of the application; it was end() that came first.
        if self.close_sent and self.handshake_complete:
            raise ClientDisconnected
        if message["type"] == "websocket.close":
            self._stop_writing()
        await super().send(message)
        if message["type"] == "websocket.accept":
            # The handshake is over; what an idle socket keeps is multiplied by thousands.
            del self.request, self.response

    def open_line(self, room: Room, too_slow: Callable[[], None]) -> Line:
        # The transport says when it is over the budget, and when it is far enough below it again.
        self.transport.set_write_buffer_limits(high=room.budget)
        self.direct = DirectLine(self.transport, room, too_slow)
        return self.direct

    def end(self, code: int, reason: str) -> None:
        """Sends the close frame, even behind what a stalled peer does not read, and sees to the end of it."""
        if self.close_sent or not self.handshake_complete or self.transport.is_closing():
            return
        self._stop_writing()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSING, self.transport.abort)

    def _stop_writing(self) -> None:
        """Behind a close frame there is nothing."""
        if self.direct is not None:
            self.direct.close()
            self.direct.write = _nothing


class Inbox:
    """What uvicorn uses of a queue with one reader, at a tenth of its memory."""

    __slots__ = ("_messages", "_waiter")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._waiter: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> Any:
        while not self._messages:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._messages.pop(0)


class DirectLine(Line):
    """Of one socket."""

    __slots__ = ("_transport",)

    def __init__(self, transport: asyncio.Transport, room: Room, too_slow: Callable[[], None]) -> None:
        super().__init__(room, too_slow)
        self._transport = transport
        self.write: Callable[[bytes], None] = transport.write

    def send(self, prefix: bytes, frame: Shared) -> bool:
        return self.send_all(prefix, [frame])

    def send_all(self, prefix: bytes, frames: Sequence[Shared]) -> bool:
        self.write(b"".join([frame.websocket(prefix) for frame in frames]))
        return not self.full and self._transport.get_write_buffer_size() <= self.room.budget

    def wait(self, waiting: Waiting) -> None:
        super().wait(waiting)
        if not self.full:
            # What was written goes out at the end of a turn: only then does the transport know whether it is full.
            asyncio.get_running_loop().call_soon(self._look_again)

    def _look_again(self) -> None:
        if not self.full:
            self.has_room()


def _nothing(_message: bytes) -> None:
    """Is written."""
