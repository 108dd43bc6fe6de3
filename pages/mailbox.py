"""The local mailbox, for staff of the demo: what would have been sent, opened where it can do nothing."""

from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from gateways.mail import Mailbox
from pages.answers import not_found, signed_out
from pages.layout import PRIVATE, page
from pages.viewer import Viewers

#: A mail brings its own styles, runs nothing and loads nothing; its links open in tabs of their own.
_SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
_MAIL_POLICY: Final = (
    f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {_SANDBOX}"
)


def routes(*, mailbox: Mailbox | None, viewers: Viewers) -> list[BaseRoute]:
    """`mailbox` is None but in demo mode: then there are no such pages."""
    if mailbox is None:
        return []
    opened = _Opened(mailbox, viewers)
    return [
        Route("/mailbox", opened.overview, methods=["GET"]),
        Route("/mailbox/{id}", opened.mail, methods=["GET"]),
        Route("/mailbox/{id}/body", opened.body, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class _Opened:
    mailbox: Mailbox
    viewers: Viewers

    async def overview(self, request: Request) -> Response:
        if refused := await self._refusal(request):
            return refused
        mails = await run_in_threadpool(self.mailbox.newest)
        return page(request, "mailbox.html", mails=mails)

    async def mail(self, request: Request) -> Response:
        if refused := await self._refusal(request):
            return refused
        mail = await run_in_threadpool(self.mailbox.open, request.path_params["id"])
        if mail is None:
            return not_found(request)
        return page(request, "mail.html", mail=mail, sandbox=_SANDBOX, frames="'self'")

    async def body(self, request: Request) -> Response:
        if refused := await self._refusal(request):
            return refused
        mail = await run_in_threadpool(self.mailbox.open, request.path_params["id"])
        if mail is None:
            return not_found(request)
        # A link inside a frame would open in the frame, where no page of ours shows itself.
        content = f'<base target="_blank">{mail.html}'
        headers = {**PRIVATE, "Content-Security-Policy": _MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(content, headers=headers)

    async def _refusal(self, request: Request) -> Response | None:
        """Customers are told what strangers to the demo are: that there is no such page."""
        principal = await self.viewers.reading(request)
        if principal is None:
            return signed_out(request)
        return None if principal.is_staff else not_found(request)
