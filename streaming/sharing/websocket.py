"""uvicorn's websockets, with a way to write a shared frame straight to the transport: no task, no queue, no await."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from streaming.sharing.frame import Frame
from streaming.sharing.line import Line, Room

#: The key in `scope["extensions"]` under which a socket that is served by this protocol has it.
DIRECT: Final = "orders.direct"
#: Seconds that a peer may take to answer a close frame; one that reads nothing would otherwise never be rid of.
CLOSING: Final = 10.0


class DirectWebSocket(WebSocketsSansIOProtocol):
    """For uvicorn's setting `ws`. What the application sends and what is written directly keep their order: both are
    whole messages in one buffer."""

    direct: "DirectLine | None" = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]  # any are allowed
            extensions[DIRECT] = self

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.direct is not None:
            self.direct.has_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.direct is not None:
            self.direct.close()
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        # The library takes it for a fault of the application; it was end() that came first.
        if self.close_sent and self.handshake_complete:
            raise ClientDisconnected
        await super().send(message)

    def open_line(self, room: Room, too_slow: Callable[[], None]) -> Line:
        self.direct = DirectLine(self, room, too_slow)
        return self.direct

    def end(self, code: int, reason: str) -> None:
        """Sends the close frame, even behind what a stalled peer does not read, and sees to the end of it."""
        if self.close_sent or not self.handshake_complete or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSING, self.transport.abort)


class DirectLine(Line):
    """Of one socket."""

    __slots__ = ("_socket", "_transport")

    def __init__(self, socket: DirectWebSocket, room: Room, too_slow: Callable[[], None]) -> None:
        super().__init__(room, too_slow)
        self._socket = socket
        self._transport = socket.transport

    def send(self, prefix: bytes, frame: Frame) -> bool:
        if self._socket.close_sent or self._transport.is_closing():
            return True
        self._transport.write(frame.websocket(prefix))
        return self._transport.get_write_buffer_size() <= self.room.budget

    def send_all(self, prefix: bytes, frames: Sequence[Frame]) -> bool:
        if self._socket.close_sent or self._transport.is_closing():
            return True
        self._transport.write(b"".join([frame.websocket(prefix) for frame in frames]))
        return self._transport.get_write_buffer_size() <= self.room.budget
