"""Documents over HTTP: for the owner and staff, in the reader's language, and for nobody else."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx2
import pypdf
import pytest
import sqlalchemy as sa
from sqlmodel import col

from gateways.documents import DOCUMENT_CSP
from models.document import Invoice, InvoiceKind
from models.payment import Payment, PaymentMethod, PaymentMethodKind, PaymentMethodStatus, Refund, RefundStatus
from pages.viewer import COOKIE
from tests.pages.orders import an_order, deliver, pay
from tests.pages.site import BROWSER, EVIL, Site


def text_of(pdf: httpx2.Response) -> str:
    assert pdf.headers["content-type"] == "application/pdf"
    reader = pypdf.PdfReader(BytesIO(pdf.content))
    return " ".join(page.extract_text() for page in reader.pages).replace("\n", " ")


def test_shows_a_purchase_order_to_its_owner_as_page_and_pdf(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    with site.browser("ada@example.com") as ada:
        page, pdf = (ada.get(f"/orders/{order.number}.{form}") for form in ("html", "pdf"))

    assert page.status_code == pdf.status_code == 200
    assert page.headers["content-security-policy"] == DOCUMENT_CSP
    assert page.headers["cache-control"] == "private, no-store"
    assert "Accept-Language" in page.headers["vary"]
    assert pdf.headers["content-disposition"] == f'inline; filename="{order.number}.pdf"'
    for text in (page.text, text_of(pdf)):
        assert str(order.number) in text
        assert "Nimbus Hosting" in text
        assert "ada@example.com" in text
        # 2 x 89.99, less 10 % of it and 5.00: 156.98 without VAT, and 20 % of it.
        for amount in ("€179.98", "€18.00", "€5.00", "€156.98", "€31.40", "€188.38"):
            assert amount in text
        assert "Payment card" in text
    assert "&lt;b&gt;server&lt;/b&gt; {{7*7}}" in page.text  # case 33
    assert f"/orders/{order.number}.pdf" in page.text


def test_speaks_the_readers_language(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    with site.browser("ada@example.com") as ada:
        page = ada.get(f"/orders/{order.number}.html", headers={"accept-language": "fr-CH, en;q=0.5"})
    assert '<html lang="fr">' in page.text


def test_tells_which_saved_methods_can_pay_and_why_not(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    now = site.house.run(site.house.now())

    def method(label: str, **more: Any) -> PaymentMethod:
        usual = {"kind": PaymentMethodKind.CARD, "status": PaymentMethodStatus.VALID}
        return PaymentMethod(id=uuid4(), customer_id=order.customer_id, label=label, created_at=now, **(usual | more))

    site.house.store(
        method("Good one", is_default=True),
        method("Old one", expires_on=now.date() - timedelta(days=1)),
        method("Debit", kind=PaymentMethodKind.SEPA_DIRECT_DEBIT),
        method("Gone", status=PaymentMethodStatus.REMOVED),
    )
    with site.browser("sue@example.com") as staff:
        page = staff.get(f"/orders/{order.number}.html").text
    assert "Good one" in page
    assert "This payment method has expired." in page
    assert "not possible for an account&#39;s first order" in page
    assert "Gone" not in page


def test_says_when_it_has_expired_or_is_being_paid(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    site.house.move_clock(timedelta(hours=25))
    with site.browser("ada@example.com") as ada:
        assert "This purchase order has expired" in ada.get(f"/orders/{order.number}.html").text


def test_says_when_nothing_is_left_to_pay_however_late_it_is(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    pay(site, order)
    site.house.move_clock(timedelta(days=7))
    with site.browser("ada@example.com") as ada:
        assert "Nothing left to pay" in ada.get(f"/orders/{order.number}.html").text


def test_case_19_for_others_it_is_as_if_it_did_not_exist(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    pay(site, order)
    deliver(site, order)
    unknown = order.number - 1 if order.number > 10**9 else order.number + 1
    year = site.house.run(site.house.now()).year
    pairs = [(f"/orders/{order.number}.{form}", f"/orders/{unknown}.{form}") for form in ("html", "pdf")]
    pairs += [(f"/invoices/F{year}-000001.{form}", f"/invoices/F{year}-000002.{form}") for form in ("html", "pdf")]
    with site.client(authorization=f"Bearer {site.token('ada@example.com')}") as ada:
        assert [ada.get(theirs).status_code for theirs, _ in pairs] == [200] * 4
    for headers in ({}, BROWSER):
        with site.client(authorization=f"Bearer {site.token('bob@example.com')}", **headers) as bob:
            for theirs, nobodys in pairs:
                answers = [bob.get(theirs), bob.get(nobodys)]
                assert [answer.status_code for answer in answers] == [404, 404]
                assert answers[0].content == answers[1].content
                assert without_date(answers[0]) == without_date(answers[1])
            with site.house.statements() as asked:
                bob.get(pairs[0][0])
            with site.house.statements() as asked_for_nothing:
                bob.get(pairs[0][1])
            assert len(asked) == len(asked_for_nothing)


def without_date(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


@pytest.mark.parametrize(
    "path",
    [
        "/orders/0000000000.html", "/orders/1.html", "/orders/99999999999999999999.html", "/orders/١٢٣٤٥٦٧٨٩٠.html",
        "/orders/1234567890.docx", "/orders/%00.html", "/invoices/F2026-1.html", "/invoices/F2026-000001'--.pdf",
        "/invoices/F2026-999999999999999999.html", "/invoices/X2026-000001.html",
    ],
)  # fmt: skip
def test_nonsense_is_not_found(site: Site, path: str) -> None:
    with site.client(authorization=f"Bearer {site.token('sue@example.com')}") as staff:
        assert staff.get(path).status_code == 404


def test_people_who_are_signed_out_are_sent_to_sign_in_and_programs_are_told(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    path = f"/orders/{order.number}.html"
    with site.client(**BROWSER) as browser:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    with site.client() as program:
        answer = program.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({}, True),  # an old browser, or a program with a jar of cookies
        ({"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, True),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, True),  # a mail
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}, False),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}, False),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty", "origin": EVIL}, False),
        ({"origin": "null"}, False),
    ],
    ids=str,
)
def test_case_26_the_cookie_opens_documents_for_people_and_for_no_foreign_page(
    site: Site, headers: dict[str, str], seen: bool
) -> None:
    order = an_order(site, "ada@example.com")
    with site.stolen("ada@example.com", **headers) as client:
        assert COOKIE in client.cookies
        assert client.get(f"/orders/{order.number}.html").status_code == (200 if seen else 401)


def test_shows_the_invoice_once_delivered_and_credit_notes_after(site: Site) -> None:
    order = an_order(site, "ada@example.com")
    pay(site, order)
    deliver(site, order)
    refund_partly(site, order.id, 5000)
    year = site.house.run(site.house.now()).year

    with site.browser("ada@example.com") as ada:
        invoice = ada.get(f"/invoices/F{year}-000001.html")
        note = ada.get(f"/invoices/A{year}-000001.html")
        pdf = text_of(ada.get(f"/invoices/A{year}-000001.pdf"))

    for text in ("€188.38", "Paid by", "Payment card", str(order.number), f"F{year}-000001"):
        assert text in invoice.text
    # 50.00 with VAT at 20 % are 41.67 and 8.33.
    for text in ("€50.00", "€41.67", "€8.33", f"Refund on order {order.number}", f"F{year}-000001", "Too slow"):
        assert text in note.text
        assert text in pdf


def refund_partly(site: Site, order_id: object, amount: int) -> None:
    async def payment_and_invoice() -> tuple[Payment, Invoice]:
        async with site.house.database.reading() as session:
            payment = (await session.execute(sa.select(Payment).where(col(Payment.order_id) == order_id))).scalar_one()
            invoice = (await session.execute(sa.select(Invoice).where(col(Invoice.order_id) == order_id))).scalar_one()
        return payment, invoice

    payment, invoice = site.house.run(payment_and_invoice())
    now = site.house.run(site.house.now())
    refund = Refund(
        id=uuid4(), payment_id=payment.id, amount=amount, status=RefundStatus.SUCCEEDED, reason="Too slow",
        created_at=now, settled_at=now, closed_at=now,
    )  # fmt: skip
    note = Invoice(
        id=uuid4(), kind=InvoiceKind.CREDIT_NOTE, series=f"A{now.year}", number=1, order_id=invoice.order_id,
        refund_id=refund.id, issued_at=now, amount=amount, seller=invoice.seller,
    )  # fmt: skip
    site.house.store(refund, note)
