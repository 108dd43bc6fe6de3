"""What all pages look like: one frame, one style, the reader's language, and nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse

from gateways.wording import Wording
from texts import best_language

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE: Final = (_TEMPLATES / "page.css").read_text()
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()

#: What a page says depends on who reads it, and is theirs alone.
PRIVATE: Final[Mapping[str, str]] = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Language, Cookie"}

_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def wording(connection: HTTPConnection) -> Wording:
    return Wording(best_language(connection.headers.get("accept-language", "")))


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    form_to: str = "",
    frames: str = "'none'",
    **values: object,
) -> HTMLResponse:
    """A page of `template`, filled in with `values` and the reader's wording as `say`.

    `form_to`: another origin that its form may lead to; `frames`: what it may show in a frame.
    """
    content = _ENVIRONMENT.get_template(template).render(say=wording(request), style=Markup(_STYLE), **values)  # noqa: S704 (our own file)
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; frame-src {frames}; "
        f"form-action 'self' {form_to}; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(content, status, {**PRIVATE, "Content-Security-Policy": policy, **(headers or {})})
