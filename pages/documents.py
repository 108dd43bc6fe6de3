"""Documents of orders over plain HTTP: purchase orders, invoices and credit notes, as pages and as PDF files."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from gateways.documents import DOCUMENT_CSP, Documents
from gateways.payments import PaymentProvider
from models.database import Database
from ordering.terms import Terms
from pages.answers import not_found, signed_out
from pages.layout import PRIVATE
from pages.viewer import Viewers
from reading.documents import Reader, invoice, purchase_order
from texts import best_language

#: A PDF is shown by the browser's own viewer, which a policy would only hinder.
_HTML_HEADERS: Final = {**PRIVATE, "Content-Security-Policy": DOCUMENT_CSP}

Find = Callable[[AsyncSession, Reader, str, datetime], Awaitable[Any | None]]


def routes(
    *, database: Database, viewers: Viewers, documents: Documents, terms: Terms, provider: PaymentProvider
) -> list[BaseRoute]:
    """Documents tell the time in the seller's zone."""

    async def an_order(session: AsyncSession, reader: Reader, number: str, now: datetime) -> Any | None:
        return await purchase_order(session, reader, number, provider, seller=terms.seller, bank=terms.bank, now=now)

    async def an_invoice(session: AsyncSession, reader: Reader, reference: str, _now: datetime) -> Any | None:
        return await invoice(session, reader, reference)

    desk = _Desk(database, viewers, documents, terms.working_days.timezone)
    orders = desk.serving(an_order, documents.purchase_order_html, documents.purchase_order_pdf)
    invoices = desk.serving(an_invoice, documents.invoice_html, documents.invoice_pdf)
    return [
        Route("/orders/{name}.{form}", orders, methods=["GET"]),
        Route("/invoices/{name}.{form}", invoices, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class _Desk:
    database: Database
    viewers: Viewers
    documents: Documents
    timezone: tzinfo

    def serving(
        self, find: Find, html: Callable[[Any], str], pdf: Callable[[Any], bytes]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            principal = await self.viewers.reading(request)
            if principal is None:
                return signed_out(request)
            name, form = request.path_params["name"], request.path_params["form"]
            language = best_language(request.headers.get("accept-language", ""))
            document = await self._find(find, Reader(principal, language, self.timezone), name)
            if document is None or form not in ("html", "pdf"):
                return not_found(request)
            if form == "html":
                return HTMLResponse(await self.documents.rendered(html, document), headers=_HTML_HEADERS)
            headers = {**PRIVATE, "Content-Disposition": f'inline; filename="{name}.pdf"'}
            return Response(await self.documents.rendered(pdf, document), 200, headers, "application/pdf")

        return serve

    async def _find(self, find: Find, reader: Reader, name: str) -> Any | None:
        """The connection is given back before anything is rendered."""
        async with self.database.reading() as session:
            return await find(session, reader, name, await self.database.now(session))
