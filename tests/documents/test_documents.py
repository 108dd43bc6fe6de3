"""A document shows everything that the buyer must know, on the screen and on paper alike."""

import asyncio
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest

from gateways.documents import DOCUMENT_CSP, Documents, InvoiceDocument, PurchaseOrderDocument, TaxMention
from gateways.transfer import TransferDetails
from models.order import OrderStatus
from tests.documents.examples import CREDIT_NOTE, EXAMPLES, EXPIRED, INVOICE, PAID, SELLER, UNPAID, UNTAXED, euros
from tests.documents.reading import Page, pdf_pages

DOCUMENTS = Documents()


def html_of(doc: PurchaseOrderDocument | InvoiceDocument) -> str:
    if isinstance(doc, InvoiceDocument):
        return DOCUMENTS.invoice_html(doc)
    return DOCUMENTS.purchase_order_html(doc)


def pdf_of(doc: PurchaseOrderDocument | InvoiceDocument) -> bytes:
    if isinstance(doc, InvoiceDocument):
        return DOCUMENTS.invoice_pdf(doc)
    return DOCUMENTS.purchase_order_pdf(doc)


def shown(doc: PurchaseOrderDocument | InvoiceDocument) -> tuple[str, str]:
    """On the screen, and on paper."""
    return Page(html_of(doc)).text, " ".join(pdf_pages(pdf_of(doc)))


UNPAID_ZONES = [
    # 1: number, dates, lines with reductions, taxes and totals
    *("Purchase order", "4820517396", "Unpaid", "November 23, 2026", "November 24, 2026", "14:05 UTC"),
    *("Dedicated server Altair-2", "€89.99", "Autumn promotion", "-10%", "-€18.00", "€161.98", "1 month", "1 year"),
    *("€313.97", "Welcome voucher (WELCOME10)", "-€10.00", "€285.97"),
    *("VAT 5.5% on €23.19", "€1.28", "VAT 20% on €262.78", "€52.56", "Total incl. VAT", "€339.81"),
    # 2: billing details, and who sells
    *("Camille Exemple", "8 rue de la Démonstration", "69003 Lyon", "France", "customer@example.com"),
    *("Nimbus Hosting", "12 quai des Exemples", "VAT number: FR40303265045"),
    # 3: saved methods, and whether each can pay
    *("Visa ending in 4242", "Default · Can pay this order", "Example Bank", "Not for a first order."),
    # 4: available methods, and how to pay
    *("Payment card", "SEPA direct debit", "PayPal", "Bank transfer", "How to pay"),
]


def test_a_purchase_order_shows_every_zone() -> None:
    screen, paper = shown(UNPAID)

    assert [text for text in UNPAID_ZONES if text not in screen] == []
    # Capitals of small headings are drawn as such on paper.
    assert [text for text in UNPAID_ZONES if text.lower() not in paper.lower()] == []


def test_an_expired_purchase_order_says_that_one_must_order_again() -> None:
    for text in shown(replace(EXPIRED, language="en")):
        assert "This purchase order has expired" in text
        assert "please place the order again" in text
        assert "Can pay this order" not in text
        assert "How to pay" not in text


def test_an_order_past_its_expiry_shows_as_expired_before_the_sweeper_has_run() -> None:
    screen, paper = shown(replace(UNPAID, expired=True))

    assert "This purchase order has expired" in screen
    assert "Unpaid" not in paper


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (OrderStatus.CONFIRMATION, "Nothing left to pay"),
        (OrderStatus.COMPLETE, "Nothing left to pay"),
        (OrderStatus.CANCELLED, "This order has been cancelled"),
    ],
)
def test_an_order_that_cannot_be_paid_offers_no_payment(status: OrderStatus, said: str) -> None:
    for text in shown(replace(UNPAID, status=status)):
        assert said in text
        assert "Can pay this order" not in text


def test_a_payment_under_way_is_not_asked_for_again() -> None:
    for text in shown(replace(UNPAID, payment_under_way=True)):
        assert "Your payment is under way" in text
        assert "Can pay this order" not in text


def test_an_announced_transfer_is_told_where_to() -> None:
    transfer = TransferDetails("Nimbus Hosting", "FR7600000000000000000000097", "EXMPFRP0", "RF064820517396")
    for text in shown(replace(UNPAID, payment_under_way=True, transfer=transfer)):
        for said in ("We are waiting for your bank transfer", "FR76 0000 0000", "EXMPFRP0", "RF06 4820 5173 96"):
            assert said in text
        assert "Your payment is under way" not in text
        assert "Can pay this order" not in text


def test_the_page_leads_to_the_pdf() -> None:
    links = {attributes["href"] for tag, attributes in Page(html_of(UNPAID)).tags if tag == "a"}

    assert links == {UNPAID.pdf_url}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Reverse charge"),
        ("fr-CA", "Autoliquidation"),
        ("de-AT", "Steuerschuldnerschaft des Leistungsempfängers"),
        ("es", "Reverse charge"),
    ],
)
def test_a_reverse_charge_is_named_as_the_law_wants(language: str, words: str) -> None:
    for text in shown(replace(PAID, language=language)):
        assert words in text


def test_no_vat_outside_the_union_is_explained() -> None:
    charges = replace(UNTAXED, tax_mention=TaxMention.OUTSIDE_EU)

    for text in shown(replace(PAID, language="en", charges=charges)):
        assert "supplied outside the European Union" in text


def test_an_invoice_says_how_it_was_paid() -> None:
    screen, paper = shown(INVOICE)

    for text in (screen.lower(), paper.lower()):
        assert "facture" in text
        assert "f2026-000042" in text
        assert "24 novembre 2026" in text
        assert "visa ending in 4242 23 novembre 2026" in text
        assert "339,81 €" in text.replace("\xa0", " ")


def test_a_credit_note_names_the_invoice_that_it_corrects() -> None:
    screen, paper = shown(CREDIT_NOTE)

    for text in (screen.lower(), paper.lower()):
        assert "gutschrift" in text
        assert "berichtigt die rechnung f2026-000042" in text
        assert "withdrawal within 14 days" in text


@pytest.mark.parametrize("doc", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_same_document_is_the_same_file(doc: PurchaseOrderDocument | InvoiceDocument) -> None:
    assert pdf_of(doc) == pdf_of(doc)


def test_a_coroutine_gets_what_a_caller_would() -> None:
    async def many() -> list[bytes]:
        rendering = (DOCUMENTS.rendered(DOCUMENTS.purchase_order_pdf, UNPAID) for _ in range(3))
        return await asyncio.gather(*rendering)

    assert set(asyncio.run(many())) == {DOCUMENTS.purchase_order_pdf(UNPAID)}


@pytest.mark.parametrize("doc", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_page_keeps_to_its_content_security_policy(doc: PurchaseOrderDocument | InvoiceDocument) -> None:
    page = Page(html_of(doc))
    digest = b64encode(sha256(page.style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in DOCUMENT_CSP
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "form"}
    assert not {name for _, attributes in page.tags for name in attributes if name == "style" or name.startswith("on")}


def test_a_free_order_of_a_seller_without_vat_number_has_no_empty_label() -> None:
    charges = replace(UNTAXED, lines=(), subtotal=euros("0"), total_without_tax=euros("0"), taxes=(), total=euros("0"))
    free = replace(UNPAID, charges=charges, seller=replace(SELLER, vat_number=None), saved_methods=())

    for text in shown(free):
        assert "VAT number" not in text
        assert "No payment method is saved to this account." in text
