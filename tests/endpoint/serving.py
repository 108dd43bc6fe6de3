"""The toy schema on a real server, as tests reach it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from strawberry.exceptions import ConnectionRejectionError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from endpoint.body import GRAPHQL_BODY, BodyLimits
from endpoint.correlation import Correlation
from endpoint.headers import SecurityHeaders
from endpoint.limits import Limits
from endpoint.sockets import Sockets
from endpoint.view import Endpoint
from schema.errors import Unauthenticated
from streaming.sharing.websocket import DirectWebSocket
from tests.endpoint.toy import SECRET, Context, lost_database, toy_schema

T = TypeVar("T")


async def make_context(connection: HTTPConnection) -> Context:
    match connection.headers.get("x-toy"):
        case "refused":
            raise Unauthenticated
        case "broken":
            raise RuntimeError(SECRET)
        case "outage":
            raise lost_database()
    return Context()


async def authenticate(context: Context, payload: Mapping[str, object]) -> Context:
    match payload:
        case {"authorization": "refused"}:
            raise ConnectionRejectionError
        case {"authorization": "broken"}:
            raise RuntimeError(SECRET)
        case {"authorization": "outage"}:
            raise lost_database()
        case {"authorization": "expiring"}:
            return replace(context, expires_at=datetime.now(UTC) + timedelta(seconds=1))
        case {"session": str(session), "account": str(account)}:
            return replace(context, session_id=UUID(session), account_id=UUID(account))
    return context


@dataclass
class Toy:
    """The served endpoint as tests see it."""

    port: int
    sockets: Sockets
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def post(self, content: bytes, **headers: str) -> httpx2.Response:
        """Sends a body as it is; underscores in the names of headers stand for hyphens."""
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self._send("POST", content=content, headers=named)

    def ask(self, query: str, **more: object) -> Any:
        """The decoded answer to a document."""
        return self._send("POST", json={"query": query, **more}).json()

    def get(self, *, accept: str = "application/json", **parameters: str) -> httpx2.Response:
        """Asks by address alone."""
        return self._send("GET", params=parameters, headers={"accept": accept})

    def socket(
        self, *subprotocols: str, origin: str | None = None, headers: Mapping[str, str] | None = None
    ) -> ClientConnection:
        return connect(
            self.url.replace("http", "ws", 1),
            subprotocols=[Subprotocol(name) for name in subprotocols or ("graphql-transport-ws",)],
            origin=None if origin is None else Origin(origin),
            additional_headers=dict(headers or {}),
            proxy=None,
            ping_interval=None,
            compression=None,
        )

    def _send(self, method: str, **what: Any) -> httpx2.Response:
        with httpx2.Client(trust_env=False, timeout=20) as client:
            answer = client.request(method, self.url, **what)
        # The access line is written just after the answer; by the next turn of the loop it is there.
        self.run(lambda: None)
        return answer

    def run(self, act: Callable[[], T]) -> T:
        """Calls `act` in the server's own thread."""
        done: Future[T] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(act()))
        return done.result(10)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Asks in the server's own thread until it is so."""
        deadline = time.monotonic() + 10
        while not self.run(holds):
            assert time.monotonic() < deadline


@contextmanager
def served(
    limits: Limits, *, graphiql_path: str | None = None, may_introspect: Callable[[object], bool] = lambda _: True
) -> Iterator[Toy]:
    """Serves the toy schema on a free port of loopback, as the real server is set up."""
    sockets = Sockets()

    async def context_of(connection: HTTPConnection) -> Context:
        return replace(await make_context(connection), sockets=sockets)

    endpoint = Endpoint(
        toy_schema(limits, may_introspect),
        make_context=context_of,
        authenticate=authenticate,
        sockets=sockets,
        now=lambda: datetime.now(UTC),
        allowed_origins=["https://shop.example"],
        graphiql_path=graphiql_path,
    )
    application = Starlette(
        routes=[*endpoint.routes(), Route("/upload", _upload, methods=["POST"])],
        middleware=[
            Middleware(Correlation),
            Middleware(SecurityHeaders),
            Middleware(BodyLimits, limits={"/graphql": GRAPHQL_BODY}, default=1024),
        ],
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(application)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Toy(listener.getsockname()[1], sockets, server.started_in.result(20))
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """Tells in which loop it runs once it serves."""

    def __init__(self, application: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                server_header=False,
                ws=DirectWebSocket,
                ws_ping_interval=None,
                ws_max_size=64 * 1024,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=5,
            )
        )
        self.started_in: Future[asyncio.AbstractEventLoop] = Future()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_in.set_result(asyncio.get_running_loop())


async def _upload(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))
