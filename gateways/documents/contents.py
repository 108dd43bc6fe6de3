"""What documents show: amounts as Money, rates in percent, moments as aware datetimes (printed in their own zone)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateways.transfer import TransferDetails
from models.document import InvoiceKind
from models.money import Money
from models.order import OrderStatus
from models.payment import PaymentMethodKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who sells, as it was on the day of the document. `country` is ISO 3166-1 alpha-2."""

    name: str
    address_lines: tuple[str, ...]
    country: str
    vat_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Whom it is billed to: the snapshot taken when the order was placed. `country` is ISO 3166-1 alpha-2."""

    name: str
    organisation: str | None
    vat_number: str | None
    address_lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """`amount` is positive; `percentage` is None for a fixed amount."""

    label: str
    amount: Money
    code: str | None = None
    percentage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Without VAT: quantity x unit_price - reductions. `period_days`: what the price pays for; None for ever."""

    description: str
    quantity: int
    unit_price: Money
    total_without_tax: Money
    tax_rate: Decimal
    reductions: tuple[Reduction, ...] = ()
    period_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    rate: Decimal
    base: Money
    amount: Money


class TaxMention(StrEnum):
    """Why no VAT is charged, where the document has to say so (Directive 2006/112/EC, article 226)."""

    REVERSE_CHARGE = "REVERSE_CHARGE"
    OUTSIDE_EU = "OUTSIDE_EU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """Lines and what they add up to; `reductions` are those of the whole order."""

    lines: tuple[Line, ...]
    subtotal: Money
    total_without_tax: Money
    taxes: tuple[Tax, ...]
    total: Money
    reductions: tuple[Reduction, ...] = ()
    tax_mention: TaxMention | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethodLine:
    """A saved method. `reason`: why it cannot pay this order, in the document's language."""

    label: str
    usable: bool
    reason: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderDocument:
    """`expired`: expires_at has passed without payment. `language` is a BCP 47 tag.

    `transfer`: where to, while a bank transfer is awaited."""

    number: str
    status: OrderStatus
    created_at: datetime
    expires_at: datetime
    expired: bool
    language: str
    seller: Seller
    billing: Party
    charges: Charges
    pdf_url: str
    saved_methods: tuple[PaymentMethodLine, ...] = ()
    available_methods: tuple[PaymentMethodKind, ...] = ()
    payment_under_way: bool = False
    transfer: TransferDetails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDocument:
    """An invoice, or a credit note that corrects one; the amounts of a credit note are what goes back, positive.

    `payment`: how it was paid or is given back, for people ("Visa ending in 4242"). `reason`: of a credit note.
    """

    kind: InvoiceKind
    reference: str
    order_number: str
    issued_at: datetime
    language: str
    seller: Seller
    billing: Party
    charges: Charges
    pdf_url: str
    payment: str | None = None
    paid_at: datetime | None = None
    corrects: str | None = None
    reason: str | None = None
