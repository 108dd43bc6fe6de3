"""Documents to render: an order of every standing, in every language, with every part a document can have."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from gateways.documents import (
    Charges,
    InvoiceDocument,
    Line,
    Party,
    PaymentMethodLine,
    PurchaseOrderDocument,
    Reduction,
    Seller,
    Tax,
    TaxMention,
)
from models.document import InvoiceKind
from models.money import Money
from models.order import OrderStatus
from models.payment import PaymentMethodKind


def euros(text: str) -> Money:
    return Money.parse(text, "EUR")


SELLER: Final = Seller(
    name="Nimbus Hosting",
    address_lines=("12 quai des Exemples", "59100 Roubaix"),
    country="FR",
    vat_number="FR40303265045",
)

CUSTOMER: Final = Party(
    name="Camille Exemple",
    organisation=None,
    vat_number=None,
    address_lines=("8 rue de la Démonstration", "Bâtiment C"),
    postal_code="69003",
    city="Lyon",
    country="FR",
    email="customer@example.com",
)

COMPANY: Final = Party(
    name="Jörg Beispiel",
    organisation="Beispiel & Söhne GmbH",
    vat_number="DE136695976",
    address_lines=("Musterstraße 5",),
    postal_code="10115",
    city="Berlin",
    country="DE",
    email="company@example.com",
)

TWO_RATES: Final = Charges(
    lines=(
        Line(
            description="Dedicated server Altair-2, 32 GB, 2 × 960 GB NVMe",
            quantity=2,
            unit_price=euros("89.99"),
            reductions=(Reduction(label="Autumn promotion", amount=euros("18.00"), percentage=Decimal(10)),),
            total_without_tax=euros("161.98"),
            tax_rate=Decimal(20),
            period_days=30,
        ),
        Line(
            description="Set-up of a dedicated server",
            quantity=2,
            unit_price=euros("49.00"),
            total_without_tax=euros("98.00"),
            tax_rate=Decimal(20),
        ),
        Line(
            description="Domain name example.org",
            quantity=1,
            unit_price=euros("11.99"),
            total_without_tax=euros("11.99"),
            tax_rate=Decimal(20),
            period_days=365,
        ),
        Line(
            description="Operations handbook (e-book)",
            quantity=1,
            unit_price=euros("24.00"),
            total_without_tax=euros("24.00"),
            tax_rate=Decimal("5.5"),
        ),
    ),
    subtotal=euros("313.97"),
    reductions=(Reduction(label="Welcome voucher", code="WELCOME10", amount=euros("10.00")),),
    total_without_tax=euros("285.97"),
    taxes=(
        Tax(rate=Decimal("5.5"), base=euros("23.19"), amount=euros("1.28")),
        Tax(rate=Decimal(20), base=euros("262.78"), amount=euros("52.56")),
    ),
    total=euros("339.81"),
)

UNTAXED: Final = Charges(
    lines=(
        Line(
            description="Managed database, 3 nodes",
            quantity=1,
            unit_price=euros("240.00"),
            total_without_tax=euros("240.00"),
            tax_rate=Decimal(0),
            period_days=30,
        ),
    ),
    subtotal=euros("240.00"),
    total_without_tax=euros("240.00"),
    taxes=(Tax(rate=Decimal(0), base=euros("240.00"), amount=euros("0.00")),),
    total=euros("240.00"),
    tax_mention=TaxMention.REVERSE_CHARGE,
)

UNPAID: Final = PurchaseOrderDocument(
    number="4820517396",
    status=OrderStatus.UNPAID,
    created_at=datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
    expires_at=datetime(2026, 11, 24, 14, 5, tzinfo=UTC),
    expired=False,
    language="en",
    seller=SELLER,
    billing=CUSTOMER,
    charges=TWO_RATES,
    pdf_url="/orders/4820517396.pdf",
    saved_methods=(
        PaymentMethodLine(label="Visa ending in 4242", usable=True, default=True),
        PaymentMethodLine(label="Account of Camille at Example Bank", usable=False, reason="Not for a first order."),
    ),
    available_methods=(
        PaymentMethodKind.CARD,
        PaymentMethodKind.SEPA_DIRECT_DEBIT,
        PaymentMethodKind.PAYPAL,
        PaymentMethodKind.BANK_TRANSFER,
    ),
)

EXPIRED: Final = replace(UNPAID, status=OrderStatus.EXPIRED, expired=True, language="fr")

PAID: Final = replace(
    UNPAID, status=OrderStatus.BEING_PROCESSED, language="de", billing=COMPANY, charges=UNTAXED, saved_methods=()
)

INVOICE: Final = InvoiceDocument(
    kind=InvoiceKind.INVOICE,
    reference="F2026-000042",
    order_number="4820517396",
    issued_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    language="fr",
    seller=SELLER,
    billing=CUSTOMER,
    charges=TWO_RATES,
    pdf_url="/invoices/F2026-000042.pdf",
    payment="Visa ending in 4242",
    paid_at=datetime(2026, 11, 23, 14, 9, tzinfo=UTC),
)

CREDIT_NOTE: Final = replace(
    INVOICE,
    kind=InvoiceKind.CREDIT_NOTE,
    reference="A2026-000003",
    language="de",
    billing=COMPANY,
    charges=UNTAXED,
    corrects="F2026-000042",
    reason="Withdrawal within 14 days",
)

EXAMPLES: Final[dict[str, PurchaseOrderDocument | InvoiceDocument]] = {
    "unpaid": UNPAID,
    "expired": EXPIRED,
    "paid": PAID,
    "invoice": INVOICE,
    "credit-note": CREDIT_NOTE,
}
