"""Signing in and out with a browser: a small page, and a cookie that scripts cannot read."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from access.sessions import BadCredentials, Sessions
from access.throttle import TooManyAttempts
from pages.answers import foreign
from pages.layout import PRIVATE, page, wording
from pages.viewer import Viewers
from texts import mark

HOME = "/"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Shown on the page, since it is no secret. `description`: who that is, for people."""

    email: str
    password: str
    description: str


def routes(
    *, sessions: Sessions, viewers: Viewers, demo_accounts: Sequence[DemoAccount] = (), mailbox: bool = False
) -> list[BaseRoute]:
    """`demo_accounts`: none but in demo mode. `mailbox`: whether there is one to open."""
    door = _Door(sessions, viewers, tuple(demo_accounts), mailbox)
    return [
        Route("/sign-in", door.show, methods=["GET"]),
        Route("/sign-in", door.sign_in, methods=["POST"]),
        Route("/sign-out", door.sign_out, methods=["POST"]),
        Route("/session", door.session, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class _Door:
    sessions: Sessions
    viewers: Viewers
    demo_accounts: tuple[DemoAccount, ...]
    mailbox: bool

    async def show(self, request: Request) -> Response:
        return self._page(request, next_path=local_path(request.query_params.get("next", HOME)))

    async def sign_in(self, request: Request) -> Response:
        if not self.viewers.from_our_pages(request):
            return foreign(request)
        say = wording(request)
        email, password, next_path = await _form(request, "email", "password", "next")
        next_path = local_path(next_path)
        try:
            signed_in = await self.sessions.sign_in(email=email, password=password, address=_address(request))
        except BadCredentials:
            problem = say(mark("The e-mail address or the password is wrong."))
            return self._page(request, 401, next_path=next_path, email=email, problem=problem)
        except TooManyAttempts as many:
            problem = say(mark("Too many attempts. Try again in {seconds} seconds."), seconds=many.retry_after)
            response = self._page(request, 429, next_path=next_path, email=email, problem=problem)
            response.headers["Retry-After"] = str(many.retry_after)
            return response
        response = RedirectResponse(next_path, 303, PRIVATE)
        self.viewers.remember(response, signed_in)
        return response

    async def sign_out(self, request: Request) -> Response:
        if not self.viewers.from_our_pages(request):
            return foreign(request)
        (next_path,) = await _form(request, "next")
        principal = await self.viewers.acting(request)
        if principal is not None and principal.session_id is not None:
            await self.sessions.end(principal.session_id)
        response = RedirectResponse(local_path(next_path), 303, PRIVATE)
        self.viewers.forget(response)
        return response

    async def session(self, request: Request) -> Response:
        """Who is signed in, for pages that show it; as long as they ask, nobody's cookie ends before the session."""
        principal = await self.viewers.acting(request)
        if principal is None:
            return JSONResponse({"viewer": None, "mailbox": False}, headers=PRIVATE)
        account = await self.sessions.account(principal)
        viewer = {"kind": principal.kind.value, "email": account.email, "name": account.name}
        response = JSONResponse({"viewer": viewer, "mailbox": self.mailbox and principal.is_staff}, headers=PRIVATE)
        await self.viewers.keep(response, request, principal)
        return response

    def _page(
        self, request: Request, status: int = 200, *, next_path: str, email: str = "", problem: str = ""
    ) -> Response:
        return page(
            request,
            "sign_in.html",
            status=status,
            next_path=next_path,
            email=email,
            problem=problem,
            demo_accounts=self.demo_accounts,
        )


def local_path(path: str) -> str:
    """`path` where it leads to a page of ours, the home page otherwise.

    Browsers read a backslash as a slash and skip control characters, so that either may hide another host.
    """
    is_local = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_local else HOME


async def _form(request: Request, *names: str) -> list[str]:
    """These fields as text, "" where one is missing."""
    async with request.form(max_files=0, max_fields=10, max_part_size=4096) as form:
        found = [form.get(name) for name in names]
    return [value if isinstance(value, str) else "" for value in found]


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
