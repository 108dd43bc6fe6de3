"""All pages on a real server in a thread, with an empty database, as tests reach them."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from access.origin import trusted_origins
from endpoint.body import BodyLimits
from endpoint.headers import SecurityHeaders
from gateways.documents import Documents
from gateways.mail import Mailbox
from gateways.payments.sandbox import Sandbox
from ordering.terms import BankAccount, SellerDetails, Terms
from ordering.working_days import WorkingDays
from pages import documents, graphiql, health, mailbox, sandbox, sign_in, uploads
from pages.sign_in import DemoAccount
from pages.upload_store import UploadStore
from pages.viewer import COOKIE, Viewers
from tests.access.house import PASSWORD, House, prepared

T = TypeVar("T")

SELLER: Final = SellerDetails(
    name="Nimbus Hosting",
    address_lines=("12 quai des Exemples", "59100 Roubaix"),
    country="FR",
    vat_number="FR40303265045",
    email="sales@nimbus.example",
)
BANK: Final = BankAccount(holder="Nimbus Hosting", iban="FR7600000000000000000000097", bic="EXMPFRP0")
TERMS: Final = Terms(seller=SELLER, working_days=WorkingDays("FR"), bank=BANK)
BROWSER: Final = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EVIL: Final = "https://evil.example"


class Loop:
    """The server's own loop, from outside."""

    def __init__(self) -> None:
        self.of: Future[asyncio.AbstractEventLoop] = Future()

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coro, self.of.result(20)).result(30)


@dataclass
class Site:
    house: House
    folder: Path
    port: int = 0
    settled: list[str] = field(default_factory=list)
    #: What /readyz is told; a test may change it.
    failing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.store = UploadStore(self.house.database, self.folder / "uploads")
        self.sandbox = Sandbox(self.house.database, public_url=self.url, settles_after=timedelta(0))
        self.mail = self.folder / "mail"
        self.dist, self.queries = self.folder / "dist", self.folder / "queries"
        self.queries.mkdir()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def routes(self, *, demo: bool) -> list[BaseRoute]:
        sessions = self.house.door(demo=demo)
        viewers = Viewers(sessions, trusted=trusted_origins(self.url), secure=False)
        accounts = [DemoAccount("customer@example.com", "demo", "A customer in France")] if demo else []
        return [
            *sign_in.routes(sessions=sessions, viewers=viewers, demo_accounts=accounts, mailbox=demo),
            *uploads.routes(store=self.store, viewers=viewers),
            *documents.routes(
                database=self.house.database,
                viewers=viewers,
                documents=Documents(),
                terms=TERMS,
                provider=self.sandbox,
            ),
            *mailbox.routes(mailbox=Mailbox(self.mail) if demo else None, viewers=viewers),
            *sandbox.routes(sandbox=self.sandbox, settle=self._settle),
            *graphiql.routes(enabled=demo, dist=self.dist, queries=self.queries),
            *health.routes(
                required={"database": self._check("database")},
                helpful={"hints": self._check("hints")},
            ),
        ]

    async def _settle(self, reference: str) -> None:
        self.settled.append(reference)

    def _check(self, name: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def check() -> None:
            if name in self.failing:
                raise ConnectionError("postgresql://user:password@host")

        return check

    @contextmanager
    def client(self, **headers: str) -> Iterator[httpx2.Client]:
        """A program, or a browser with its cookies; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx2.Client(base_url=self.url, headers=named, trust_env=False, timeout=20) as client:
            yield client

    @contextmanager
    def browser(self, email: str | None = None) -> Iterator[httpx2.Client]:
        """One that shows our own pages, signed in where there is an e-mail."""
        with self.client(origin=self.url, sec_fetch_site="same-origin", **BROWSER) as client:
            if email is not None:
                answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
                assert answer.status_code == 303
            yield client

    @contextmanager
    def stolen(self, email: str, **headers: str) -> Iterator[httpx2.Client]:
        """The cookie of somebody signed in, sent with other headers than our pages send."""
        with self.client(**headers) as client:
            client.cookies.set(COOKIE, self.token(email), domain="127.0.0.1")
            yield client

    def token(self, email: str) -> str:
        return self.house.sign_in(email).token


@contextmanager
def served(folder: Path, *, demo: bool) -> Iterator[Site]:
    loop = Loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(loop, folder, listener.getsockname()[1], demo=demo)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield server.site.result(20)
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """Makes the site in its own loop, which the database belongs to."""

    def __init__(self, loop: Loop, folder: Path, port: int, *, demo: bool) -> None:
        self._loop, self._folder, self._port, self._demo = loop, folder, port, demo
        self._application = Starlette(
            middleware=[
                Middleware(SecurityHeaders),
                Middleware(BodyLimits, limits={"/uploads": uploads.LARGEST_REQUEST}),
            ]
        )
        self.site: Future[Site] = Future()
        super().__init__(uvicorn.Config(self._application, log_config=None, access_log=False, lifespan="off"))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop.of.set_result(asyncio.get_running_loop())
        database = await prepared(f"sqlite+aiosqlite:///{self._folder}/pages.sqlite3")
        site = Site(House(self._loop, database), self._folder, self._port)
        self._application.router.routes.extend(site.routes(demo=self._demo))
        await super().startup(sockets)
        self.site.set_result(site)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self.site.result().house.database.close()
