"""What a mail is made of: what it speaks of, and what it says before it has a form."""

from dataclasses import dataclass, field
from datetime import datetime

from gateways.transfer import TransferDetails
from models.document import DocumentKind
from models.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class MailContext:
    """What mails speak of. The addresses are absolute; what a kind of mail does not mention may be left out.

    `invoice_url`: of the invoice, or in a REFUNDED mail of the credit note. `message`: from staff, to the customer.
    `by_transfer`: the refund is sent by bank transfer, in the days to come.
    """

    order_number: str
    customer_name: str
    seller_name: str
    total: Money
    order_url: str
    expires_at: datetime | None = None
    invoice_url: str | None = None
    documents: tuple[DocumentKind, ...] = ()
    message: str | None = None
    due_at: datetime | None = None
    access_details: str | None = field(default=None, repr=False)
    reason: str | None = None
    refund: Money | None = None
    by_transfer: bool = False
    transfer: TransferDetails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail before it has a form: `bullets` follow the first paragraph, `secret` is shown as it was written.

    `facts`: what it tells beside the order's number and total, by name."""

    subject: str
    paragraphs: tuple[str, ...]
    bullets: tuple[str, ...] = ()
    quote: tuple[str, str] | None = None
    secret: tuple[str, str, str] | None = field(default=None, repr=False)
    action: tuple[str, str]
    due: tuple[str, str] | None = None
    facts: tuple[tuple[str, str], ...] = ()
