"""How pages refuse: as JSON for programs, as a page for people."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pages.layout import PRIVATE, page, wording
from texts import mark

NOT_FOUND: Final = mark("There is nothing here, or nothing that you may see.")
SIGN_IN_FIRST: Final = mark("Sign in first.")
FOREIGN: Final = mark("This request comes from a page of another site.")


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """For programs: `code` is stable, `message` is for people."""
    return JSONResponse({"code": code, "message": message}, status, {**PRIVATE, **(headers or {})})


def wants_page(request: Request) -> bool:
    """Whether a browser asks for something to show."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def not_found(request: Request) -> Response:
    """The same for what does not exist and for what one may not see."""
    say = wording(request)
    if not wants_page(request):
        return refusal(404, "NOT_FOUND", say(NOT_FOUND))
    return page(request, "notice.html", status=404, title=say(mark("Not found")), text=say(NOT_FOUND), link=None)


def signed_out(request: Request) -> Response:
    """People are sent to sign in and come back afterwards."""
    if wants_page(request):
        return RedirectResponse(f"/sign-in?next={quote(_local(request), safe='/')}", 303, PRIVATE)
    return refusal(401, "UNAUTHENTICATED", wording(request)(SIGN_IN_FIRST), {"WWW-Authenticate": "Bearer"})


def foreign(request: Request) -> Response:
    return refusal(403, "FORBIDDEN", wording(request)(FOREIGN))


def _local(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
