"""Who looks at a page: by the token in the Authorization header, or by the cookie, which counts only from our pages."""

from contextlib import suppress
from typing import Final

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from access.origin import is_ours
from access.principal import Principal
from access.sessions import SessionEnded, Sessions, SignedIn
from access.tokens import bearer_token

COOKIE: Final = "orders_session"


class Viewers:
    """Browsers send the cookie whoever's page makes the request; a header with a token only its own program sends.

    `trusted`: the origins whose pages may act with a visitor's cookie. `secure`: whether the site is served by https.
    """

    def __init__(self, sessions: Sessions, *, trusted: frozenset[str], secure: bool) -> None:
        self._sessions = sessions
        self._trusted = trusted
        self._secure = secure

    async def acting(self, connection: HTTPConnection) -> Principal | None:
        """For what changes something, and for the API: the cookie counts where Origin, or Sec-Fetch-Site where there
        is no Origin, shows that one of our pages asks. With neither header it counts for nothing.

        Sockets and event streams come by the thousand after a restart, and are looked up together."""
        return await self._principal(
            connection, cookie_counts=self.from_our_pages(connection), with_others=_stays(connection)
        )

    async def reading(self, request: Request) -> Principal | None:
        """For documents that are only looked at: the cookie counts for navigation from anywhere as well (a link in a
        mail), and for browsers and programs that send neither header.

        Nothing is changed by it, and no foreign page can see the answer: it may neither read it (no CORS) nor show it
        (no frames), and whatever a page embeds says so in Sec-Fetch-Dest.
        """
        return await self._principal(request, cookie_counts=self.from_our_pages(request) or _is_mere_look(request))

    def from_our_pages(self, connection: HTTPConnection) -> bool:
        headers = connection.headers
        return is_ours(
            origin=headers.get("origin"), sec_fetch_site=headers.get("sec-fetch-site"), trusted=self._trusted
        )

    def is_forged(self, connection: HTTPConnection) -> bool:
        """Whether it rests on a cookie that a foreign page made a browser send."""
        has_cookie = "authorization" not in connection.headers and COOKIE in connection.cookies
        return has_cookie and not self.from_our_pages(connection)

    def remember(self, response: Response, signed_in: SignedIn) -> None:
        response.set_cookie(
            COOKIE,
            signed_in.token,
            expires=signed_in.expires_at,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    async def keep(self, response: Response, request: Request, principal: Principal) -> None:
        """Renews the cookie in time, where it is by the cookie that `principal` is acting."""
        if "authorization" not in request.headers:
            with suppress(SessionEnded):
                renewed = await self._sessions.renew_in_time(principal)
                if renewed is not None:
                    self.remember(response, renewed)

    def forget(self, response: Response) -> None:
        response.delete_cookie(COOKIE, path="/", secure=self._secure, httponly=True, samesite="lax")

    async def _principal(
        self, connection: HTTPConnection, *, cookie_counts: bool, with_others: bool = False
    ) -> Principal | None:
        token = bearer_token(connection.headers.get("authorization"))
        if token is None and cookie_counts:
            token = connection.cookies.get(COOKIE)
        return await self._sessions.authenticate(token, with_others=with_others) if token else None


def _stays(connection: HTTPConnection) -> bool:
    return connection.scope["type"] == "websocket" or "text/event-stream" in connection.headers.get("accept", "")


def _is_mere_look(request: Request) -> bool:
    if request.method not in ("GET", "HEAD") or "origin" in request.headers:
        return False
    if "sec-fetch-site" not in request.headers:
        return True
    return (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest")) == ("navigate", "document")
