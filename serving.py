"""uvicorn as this project runs it: at the end it drains before it stops, and an orderly end is no failure."""

import signal
import socket
from types import FrameType
from typing import Final

import uvicorn
from typing_extensions import override
from uvicorn.supervisors import multiprocess

#: The key of the lifespan's state under which the application says how to drain it.
DRAIN: Final = "drain"


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


class _Worker(multiprocess.Process):
    @property
    @override
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


def run_workers(config: uvicorn.Config) -> None:
    """As many processes as the configuration says, until a signal ends them all."""
    multiprocess.Process = _Worker  # type: ignore[misc] # its supervisor offers no other way to choose the server
    with config.bind_socket() as listener:
        multiprocess.Multiprocess(config, sockets=[listener]).run()
