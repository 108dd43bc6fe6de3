"""uvicorn as this project runs it: at the end it drains before it stops, and an orderly end is no failure."""

import asyncio
import pickle
import signal
import socket
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any, ClassVar, Final

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import multiprocess

from endpoint.event_stream import ABORT
from streaming.sharing.websocket import CLOSING

#: The key of the lifespan's state under which the application says how to drain it.
DRAIN: Final = "drain"
#: How long the head of a request may take, and how many bytes it may have.
HEAD_SECONDS: Final = 10.0
LARGEST_HEAD: Final = 64 * 1024
#: Seconds between two looks at a worker that does not answer.
_STEP: Final = 0.1
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class DrainingServer(uvicorn.Server):
    """uvicorn closes every socket at once and tells the application afterwards, which is too late for it to do better.

    On SIGTERM it ends with status 0, where uvicorn would end by the signal."""

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        drain = self.lifespan.state.get(DRAIN)
        if drain is not None and not self.force_exit:
            await drain()
        await super().shutdown(sockets)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM:
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)


class PromptHttp(HttpToolsProtocol):
    """uvicorn waits for the head of a request for ever, however long it gets; this does so for neither."""

    _due: asyncio.TimerHandle | None = None
    _received = 0
    #: Whether what still comes is of no interest: it is read, so that the peer sees why.
    _deaf = False

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._expect_head()

    @override
    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        super().data_received(data)
        if self._due is not None:
            self._received += len(data)
            if self._received > LARGEST_HEAD:
                self._refuse()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope  # extensions of any kind are allowed
        scope["extensions"] = {ABORT: self.transport.abort}
        self._expect_head()

    @override
    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def _refuse(self) -> None:
        """The connection ends when the peer has read it, or when the time for its head is over."""
        self._deaf = True
        self.transport.write(_TOO_LARGE)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _expect_head(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _head_came(self) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due, self._received = None, 0


class Worker(multiprocess.Process):
    """One of the processes that serve."""

    #: Signals that the supervisor has been sent and has not handled yet.
    signals: ClassVar[Sequence[int]] = ()

    @override
    def _healthcheck(self, timeout: float) -> bool | None:
        """uvicorn waits all this time for one that dies when it is asked, and follows no signal meanwhile."""
        deadline = time.monotonic() + timeout
        try:
            self.parent_conn.send(b"ping")
            while not self.parent_conn.poll(_STEP):
                if not self.process.is_alive() or time.monotonic() > deadline:
                    return None
                if self.signals:
                    return False  # it lives; whether it has started, nobody will want to know
            return bool(self.parent_conn.recv())
        except (OSError, EOFError, pickle.UnpicklingError):
            return None

    @property
    @override
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


def forget_deaf_peers(listener: socket.socket, patience: float) -> None:
    """Ends what it will accept, once a peer has taken none of what waits for it for `patience` seconds. What is told so
    first, a socket that is closed with 1013, has its time for that. Only Linux can; elsewhere they are kept."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * (patience + CLOSING)))


def run_workers(config: uvicorn.Config, patience: float) -> None:
    """As many processes as the configuration says, until a signal ends them all."""
    multiprocess.Process = Worker  # type: ignore[misc] # its supervisor offers no other way to choose the server
    with config.bind_socket() as listener:
        forget_deaf_peers(listener, patience)
        supervisor = multiprocess.Multiprocess(config, sockets=[listener])
        Worker.signals = supervisor.signal_queue
        supervisor.run()
