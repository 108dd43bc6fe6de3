"""Runs the application in a thread of the test process, over a real socket, with its clock and relay within reach."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from access.throttle import Throttle
from application import Application
from assembly import Assembly
from gateways.payments.sandbox import Sandbox
from models.database import Database
from relay import Relay, make_relay
from server import create_app, uvicorn_options
from settings import read_settings
from tests.catalogue import fill_catalogue
from tests.peers.processes import eventually, free_port

T = TypeVar("T")


class Running:
    """`relay` is run when a test says so, not by itself: what is due is done when it is looked for."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop, parts: Assembly, application: Application) -> None:
        self.url = url
        self.parts = parts
        self.application = application
        self.relay: Relay = make_relay(parts)
        self._loop = loop

    @property
    def database(self) -> Database:
        return self.parts.database

    @property
    def sandbox(self) -> Sandbox:
        """Raises AssertionError where another provider takes the payments."""
        assert self.parts.sandbox is not None
        return self.parts.sandbox

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def move_clock(self, by: timedelta) -> None:
        self.database.clock_offset += by

    def set_clock_back(self) -> None:
        self.database.clock_offset = timedelta()

    def forget_attempts(self) -> None:
        """However often the tests before have tried to sign in."""

        async def forget() -> None:  # in the loop that the old one's task belongs to
            self.application.sessions._throttle = Throttle("a secret of the tests")

        self.do(forget())

    def relay_once(self) -> int:
        """Does what is due now, and what becomes due by that; returns how many things were done."""
        done = 0
        while more := self.do(self.relay.run_once()):
            done += more
        return done


@contextmanager
def run_application(database_url: str, folder: Path, **environment: str) -> Iterator[Running]:
    """Settings beside the usual ones come as keywords, in capitals."""
    port = free_port()
    settings = read_settings(
        {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "a secret for tests that is long enough",
            "DATA_DIR": str(folder),
            "PORT": str(port),
            "RELAY": "false",
            "GRAPHIQL": "true",
            "SANDBOX_SETTLE_SECONDS": "60",
            "LOG_LEVEL": "WARNING",
            **environment,
        }
    )
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **uvicorn_options(settings)))
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="server", daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started, what="the server starts", seconds=30)
        running = Running(settings.url, loops[0], app.state.parts, app.state.application)
        running.do(fill_catalogue(running.database))
        yield running
    finally:
        server.should_exit = True
        thread.join(timeout=30)
