"""uvicorn's websockets, with a way to write a shared frame straight to the transport: no task, no queue, no await."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from streaming.sharing.frame import Frame as Shared
from streaming.sharing.frame import header_of, is_text
from streaming.sharing.inbox import Inbox
from streaming.sharing.line import Line, Room, Waiting
from streaming.sharing.pace import Pace

#: The key in `scope["extensions"]` under which a socket that is served by this protocol has it.
DIRECT: Final = "orders.direct"
_PING: Final = b'{"type":"ping"}'
_PONG: Final = b'{"type":"pong"}'
#: Bytes that are taken apart before the frames in them are counted: six make a frame, and each takes some microseconds.
_AT_ONCE: Final = 4096
#: Frames that a peer may send in one go, and by the second: many times what the messages that it may send come in.
_FRAMES: Final = 1000
_FRAMES_PER_SECOND: Final = 200
#: Seconds that a peer may take to answer a close frame; one that reads nothing would otherwise never be rid of.
CLOSING: Final = 10.0


_LOGGER: Final = logging.getLogger("uvicorn.sockets")
_LOGGER.setLevel(logging.WARNING)


class DirectWebSocket(WebSocketsSansIOProtocol):
    """For uvicorn's setting `ws`. What the application sends and what is written directly keep their order: both are
    whole messages in one buffer."""

    direct: "DirectLine | None" = None
    _patience: "tuple[float, Callable[[], None]] | None" = None
    _impatient: asyncio.TimerHandle | None = None
    _answered: Callable[[], None] | None = None
    _closed: "Counter[int] | None" = None
    #: Whether what the peer still sends is of no interest.
    deaf = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue: Any = Inbox()
        self._pace = Pace.full(burst=_FRAMES, rate=_FRAMES_PER_SECOND, now=self.loop.time())
        # uvicorn's own says of every socket that it was accepted, which the line at its end says as well.
        self.logger = _LOGGER

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]  # any are allowed
            extensions[DIRECT] = self

    def watch(self, room: Room, too_slow: Callable[[], None], closed: Counter[int]) -> None:
        """Tells of a peer that makes no room for so long, whatever it is that is sent there, and counts close frames
        by their codes."""
        self._patience, self._closed = (room.patience, too_slow), closed

    def ping(self, answered: Callable[[], None]) -> None:
        """graphql-transport-ws's own ping. `answered` is called when the plain pong comes, and nobody else hears of it:
        that is all that an idle socket does, and there are thousands."""
        if not self.close_sent and not self.transport.is_closing():
            self._answered = answered
            self.transport.write(header_of(len(_PING)) + _PING)

    def handle_text(self, event: Frame) -> None:
        if self._answered is not None and event.fin and event.data == _PONG:
            answered, self._answered = self._answered, None
            answered()
        else:
            super().handle_text(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._patience is not None and not self.close_sent:
            self._impatient = self.loop.call_later(*self._patience)
        if self.direct is not None:
            self.direct.full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self._be_patient()
        if self.direct is not None:
            self.direct.full = False
            self.direct.has_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_writing()
        super().connection_lost(exc)

    def handle_close(self, event: Frame) -> None:
        self._stop_writing()
        super().handle_close(event)
        self._expect_end()

    def eof_received(self) -> None:
        super().eof_received()
        self._stop_writing()
        self._expect_end()

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _AT_ONCE):
            if not self.deaf:
                super().data_received(data[start : start + _AT_ONCE])

    def handle_events(self) -> None:
        """Empty pieces of one message, pings and pongs cost as much as messages do, and nobody else counts them."""
        if self._pace.admits(self.loop.time(), len(self.conn.events)):
            super().handle_events()
        else:
            self.deaf = True
            self.end(1013, "Too many frames")
            if not self.close_sent:
                self.transport.abort()

    def send_receive_event_to_app(self) -> None:
        """As uvicorn has it, but for text that is none: that is a fault of the peer, and no traceback tells more."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not is_text(self.frames):
            self.frames = []
            self.conn.fail(1007, "Not UTF-8")
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """The close frame is sent, and what still comes is read and dropped until the peer has gone: a connection that
        is closed with bytes unread is reset, and the peer may then never see the frame."""
        self.deaf = True
        close = self.conn.close_sent
        if close is None:  # there is no websocket yet that could be closed
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
            self.transport.abort()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self._finish()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def handle_ping(self) -> None:
        if self.writable.is_set() and not self.deaf:
            super().handle_ping()
        else:  # who does not read is not answered: the pongs would pile up
            self.conn.data_to_send()

    def shutdown(self) -> None:
        self._stop_writing()
        if self.transport.is_closing():  # there is nobody who could be told
            self.transport.abort()
        else:
            super().shutdown()
        self.handshake_complete = True  # or refused: in either case there is nothing left to be said

    async def send(self, message: Any) -> None:
        # The library takes it for a fault of the application; it was end() that came first.
        if (self.close_sent and self.handshake_complete) or self.conn.eof_sent:
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
        # Answers of other operations may have filled it before, and the transport says so only once.
        self.direct.full = not self.writable.is_set()
        return self.direct

    def end(self, code: int, reason: str) -> None:
        """Sends the close frame, even behind what a stalled peer does not read, and sees to the end of it."""
        if self.close_sent or not self.handshake_complete or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self._finish()

    def _finish(self) -> None:
        """What is left to be sent ends with a close frame."""
        self._stop_writing()
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self._closed is not None and self.conn.close_sent is not None and not self.close_sent:
            self._closed[self.conn.close_sent.code] += 1
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._expect_end()

    def _expect_end(self) -> None:
        """A transport that is closed waits until the peer has taken what it was sent, and be it for ever."""
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(CLOSING, self.transport.abort)

    def _stop_writing(self) -> None:
        """Behind a close frame there is nothing."""
        self._be_patient()
        if self.direct is not None:
            self.direct.close()
            self.direct.write = _nothing

    def _be_patient(self) -> None:
        if self._impatient is not None:
            self._impatient.cancel()
            self._impatient = None


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
