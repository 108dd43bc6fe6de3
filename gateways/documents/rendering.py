"""Documents: from what they show to HTML for the screen and PDF for paper, in threads of their own."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeVar, cast

import typst
from anyio import CapacityLimiter, to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateways.documents.contents import InvoiceDocument, PurchaseOrderDocument
from gateways.documents.presenting import invoice_sheet, purchase_order_sheet
from gateways.documents.sheet import Sheet

#: Renderings at a time; each keeps a core busy.
CONCURRENCY: Final = 2

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE_HASH: Final = b64encode(sha256((_TEMPLATES / "document.css").read_bytes()).digest()).decode()
_PAPER: Final = (_TEMPLATES / "document.typ").read_bytes()
#: The machine's own fonts are left out: the same document has the same bytes everywhere.
_FONTS: Final = typst.Fonts(
    include_system_fonts=False, font_paths=[str(files("fontpkg_source_sans_3").joinpath("files"))]
)

#: The Content-Security-Policy that the HTML is to be served with: its own style, and nothing else at all.
DOCUMENT_CSP: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

D = TypeVar("D")
R = TypeVar("R")


class Documents:
    """The four renderings take a while: a coroutine has `await documents.rendered(documents.invoice_pdf, doc)`."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            keep_trailing_newline=True,  # for the style to be what its hash was taken of
        )
        self._page = environment.get_template("document.html")
        self._limiter = CapacityLimiter(CONCURRENCY)

    async def rendered(self, render: Callable[[D], R], doc: D) -> R:
        """What `render` makes of `doc`, in a worker thread."""
        return await to_thread.run_sync(render, doc, limiter=self._limiter)

    def purchase_order_html(self, doc: PurchaseOrderDocument) -> str:
        return self._html(purchase_order_sheet(doc))

    def purchase_order_pdf(self, doc: PurchaseOrderDocument) -> bytes:
        return _pdf(purchase_order_sheet(doc), doc.created_at)

    def invoice_html(self, doc: InvoiceDocument) -> str:
        return self._html(invoice_sheet(doc))

    def invoice_pdf(self, doc: InvoiceDocument) -> bytes:
        return _pdf(invoice_sheet(doc), doc.issued_at)

    def _html(self, sheet: Sheet) -> str:
        return self._page.render(sheet=sheet)


def _pdf(sheet: Sheet, dated: datetime) -> bytes:
    """The sheet reaches the template as data and is never part of its source."""
    compiler = typst.Compiler(_PAPER, root=_TEMPLATES, font_paths=_FONTS, ignore_system_fonts=True)
    # All that it takes: whole seconds, in a zone whose offset never changes.
    stamp = dated.astimezone(UTC).replace(microsecond=0)
    pdf = compiler.compile(format="pdf", sys_inputs={"sheet": json.dumps(asdict(sheet))}, timestamp=stamp)
    return cast(bytes, pdf)  # images come as a list of pages, a PDF never does
