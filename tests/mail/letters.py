"""Mails to compose: one context that has everything which any kind of mail may mention."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final
from uuid import UUID

from gateways.mail import MailContext, compose
from gateways.transfer import TransferDetails
from models.document import DocumentKind
from models.mail import MailKind
from models.money import Money

NOW: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MAIL_ID: Final = UUID("0190c7a0-0000-7000-8000-000000000001")

EVERYTHING: Final[dict[str, Any]] = {
    "order_number": "4820517396",
    "customer_name": "Camille Exemple",
    "seller_name": "Nimbus Hosting",
    "total": Money("EUR", 33981),
    "order_url": "https://orders.example.com/orders/4820517396.html",
    "expires_at": datetime(2026, 11, 25, 14, 5, tzinfo=UTC),
    "invoice_url": "https://orders.example.com/invoices/F2026-000042.html",
    "documents": (DocumentKind.IDENTITY, DocumentKind.PROOF_OF_ADDRESS),
    "message": "Both sides, please.\nIn colour.",
    "due_at": datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
    "access_details": "Host: altair.example.com\nPassword:  two  spaces",
    "reason": "It could not be verified.",
    "refund": Money("EUR", 12050),
    "by_transfer": False,
    "transfer": TransferDetails("Nimbus Hosting", "FR7600000000000000000000097", "EXMPFRP0", "RF064820517396"),
}


def mail(kind: MailKind = MailKind.ORDER_PLACED, *, language: str = "en", **changes: Any) -> EmailMessage:
    """A mail of that kind; what is in `changes` replaces arguments of `compose` or parts of the context."""
    arguments: dict[str, Any] = {
        "mail_id": MAIL_ID,
        "recipient": "customer@example.com",
        "sender": "Nimbus Hosting <orders@example.com>",
        "public_url": "https://orders.example.com:8443/shop",
        "at": NOW,
    }
    context = {name: changes.get(name, value) for name, value in EVERYTHING.items()}
    arguments.update({name: value for name, value in changes.items() if name not in EVERYTHING})
    return compose(kind=kind, language=language, context=MailContext(**context), **arguments)


def bodies(message: EmailMessage) -> tuple[str, str]:
    """The text and the HTML."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return str(text.get_content()), str(html.get_content())
