"""From what happened to a mail that can be sent: its headers, and the letter as text and as HTML."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gateways.mail.contents import MailContext
from gateways.mail.letters import write
from gateways.wording import Wording
from models.mail import MailKind
from texts import one_line

_TEMPLATES: Final = Path(__file__).parent / "templates"
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
# Programs that show mails drop style sheets: the style goes onto each element.
_INLINER: Final = css_inline.CSSInliner(
    load_remote_stylesheets=False, keep_at_rules=True, extra_css=(_TEMPLATES / "letter.css").read_text()
)


def compose(
    *,
    kind: MailKind,
    mail_id: UUID,
    recipient: str,
    language: str,
    sender: str,
    public_url: str,
    at: datetime,
    context: MailContext,
) -> EmailMessage:
    """A mail from `sender` ("Name <address>" or an address) to the address `recipient`.

    Its Message-ID depends on `mail_id` and the host of `public_url` alone: a mail that is sent twice is known again.
    Raises ValueError where an address holds a line break or is none.
    """
    say = Wording(language)
    letter = write(kind, context, say)
    shown = {
        "say": say,
        "letter": letter,
        "about": context,
        "name": one_line(context.customer_name),
        "seller": one_line(context.seller_name),
        "total": say.money(context.total),
    }
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(display_name=one_line(context.customer_name), addr_spec=recipient)
    message["Subject"] = letter.subject
    message["Date"] = at
    message["Message-ID"] = f"<{mail_id}@{_host(public_url)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that no robot answers
    message.set_content(_ENVIRONMENT.get_template("letter.txt").render(shown))
    html = _ENVIRONMENT.get_template("letter.html").render(shown)
    message.add_alternative(_INLINER.inline(html), subtype="html")
    message["Content-Language"] = say.language  # set earlier, it would be taken for the text's alone
    return message


def _host(url: str) -> str:
    host = urlsplit(url).hostname or "localhost"
    return f"[{host}]" if ":" in host else host
