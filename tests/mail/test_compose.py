"""A mail says what has happened, and what to do, in the customer's language, as text and as HTML."""

from html import unescape
from typing import Any

import pytest

from gateways.mail import MailContext
from models.mail import MailKind
from models.money import Money
from tests.mail.letters import EVERYTHING, MAIL_ID, bodies, mail

ORDER = EVERYTHING["order_url"]
INVOICE = EVERYTHING["invoice_url"]

SAID = {
    MailKind.ORDER_PLACED: ("Your purchase order 4820517396", ["€339.81", "November 25, 2026, 14:05 UTC", ORDER]),
    MailKind.TRANSFER_ANNOUNCED: (
        "Your bank transfer for order 4820517396",
        ["€339.81", "FR76 0000 0000 0000 0000 0000 097", "EXMPFRP0", "RF06 4820 5173 96", "November 25, 2026", ORDER],
    ),
    MailKind.PAYMENT_RECEIVED: ("We have received your payment for order 4820517396", ["on working days", ORDER]),
    MailKind.DOCUMENTS_REQUESTED: (
        "Action required: documents for your order 4820517396",
        ["Proof of identity", "Proof of address", "Both sides, please.", "November 26, 2026, 09:30 UTC", ORDER],
    ),
    MailKind.ORDER_COMPLETE: (
        "Your order 4820517396 is complete",
        ["Your access details", "Host: altair.example.com", "Password:  two  spaces", INVOICE],
    ),
    MailKind.ORDER_EXPIRING: (
        "Your order 4820517396 expires soon",
        ["has not been paid yet", "November 25, 2026, 14:05 UTC", ORDER],
    ),
    MailKind.ORDER_EXPIRED: ("Your order 4820517396 has expired", ["please order them again", ORDER]),
    MailKind.ORDER_CANCELLED: (
        "Your order 4820517396 has been cancelled",
        ["It could not be verified.", ORDER],
    ),
    MailKind.REFUNDED: ("Refund of €120.50 for your order 4820517396", ["We have refunded €120.50", INVOICE]),
}


@pytest.mark.parametrize("kind", MailKind)
def test_it_says_what_it_is_for(kind: MailKind) -> None:
    subject, parts = SAID[kind]
    message = mail(kind)
    text, html = bodies(message)

    assert message["Subject"] == subject
    assert [part for part in ("Hello Camille Exemple,", *parts) if part not in text] == []
    assert [part for part in ("Hello Camille Exemple,", *parts) if part not in unescape(html)] == []


@pytest.mark.parametrize(
    ("language", "subject", "greeting", "amount"),
    [
        ("fr-CA", "Remboursement de 120,50\xa0€ pour votre commande 4820517396", "Bonjour Camille Exemple,", "120,50"),
        ("de", "Erstattung von 120,50\xa0€ für Ihre Bestellung 4820517396", "Guten Tag Camille Exemple,", "120,50"),
        ("es", "Refund of €120.50 for your order 4820517396", "Hello Camille Exemple,", "€120.50"),
    ],
)
def test_it_is_in_the_readers_language(language: str, subject: str, greeting: str, amount: str) -> None:
    message = mail(MailKind.REFUNDED, language=language)
    text, html = bodies(message)

    assert message["Subject"] == subject
    assert message["Content-Language"] == (language[:2] if language != "es" else "en")
    assert greeting in text
    assert amount in text
    assert greeting in html


@pytest.mark.parametrize("kind", set(MailKind) - {MailKind.ORDER_COMPLETE})
def test_only_the_mail_of_completion_carries_access_details(kind: MailKind) -> None:
    assert not [body for body in bodies(mail(kind)) if "altair" in body or "access details" in body]


def test_a_transfer_is_not_said_to_have_been_sent_back() -> None:
    for body in bodies(mail(MailKind.REFUNDED, by_transfer=True)):
        assert "We are sending €120.50 back by bank transfer" in body
        assert "have refunded" not in body


def test_what_there_is_not_is_not_mentioned() -> None:
    complete = bodies(mail(MailKind.ORDER_COMPLETE, access_details=None, invoice_url=None))
    cancelled = bodies(mail(MailKind.ORDER_CANCELLED, reason=None))
    placed = bodies(mail(MailKind.ORDER_PLACED, expires_at=None, total=Money("EUR", 0)))

    assert not [body for body in complete if "access details" in body or "invoice" in body]
    assert not [body for body in cancelled if "Reason" in body]
    assert not [body for body in placed if "To be paid by" in body or "expires" in body]


def test_a_reason_that_a_rule_gave_is_translated() -> None:
    reason = "The documents that we asked for did not arrive in time."
    text, html = bodies(mail(MailKind.ORDER_CANCELLED, language="de", reason=reason))

    assert "Die angeforderten Unterlagen sind nicht rechtzeitig eingetroffen." in text
    assert "Die angeforderten Unterlagen sind nicht rechtzeitig eingetroffen." in html


def test_a_mail_sent_twice_has_one_identity() -> None:
    first, second = mail(), mail()

    assert first["Message-ID"] == second["Message-ID"] == f"<{MAIL_ID}@orders.example.com>"
    assert mail(public_url="http://[::1]:8000")["Message-ID"] == f"<{MAIL_ID}@[::1]>"


def test_no_robot_is_to_answer_it() -> None:
    message = mail()

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 24 Nov 2026 09:30:00 +0000"
    assert message["From"] == "Nimbus Hosting <orders@example.com>"
    assert message["To"] == "Camille Exemple <customer@example.com>"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "{{7*7}}", "%(x)s {name} %s"])
def test_what_people_wrote_is_shown_literally(text: str) -> None:
    for kind in (MailKind.DOCUMENTS_REQUESTED, MailKind.ORDER_COMPLETE, MailKind.ORDER_CANCELLED):
        plain, html = bodies(mail(kind, customer_name=text, message=text, reason=text, access_details=text))

        assert plain.count(text) == 2
        assert unescape(html).count(text) == 2
        assert "<script" not in html
        assert "<img" not in html


def test_a_name_cannot_bring_a_header_along() -> None:
    message = mail(customer_name="Eve\r\nBcc: victim@example.com\u202e", seller_name="A\nB")

    assert message["Bcc"] is None
    assert "victim" in str(message["To"])
    assert [address.addr_spec for address in message["To"].addresses] == ["customer@example.com"]
    assert "\nBcc:" not in message.as_string()


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "customer@example.com\r\nBcc: victim@example.com"},
        {"recipient": "customer@example.com\nSubject: x"},
        {"sender": "orders@example.com\r\nBcc: victim@example.com"},
    ],
)
def test_an_address_cannot_bring_a_header_along(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"(?i)linefeed|CR or LF|newline|header"):
        mail(**changes)


def test_access_details_do_not_reach_logs_by_way_of_a_repr() -> None:
    assert "altair" not in repr(MailContext(**EVERYTHING))


def test_the_html_needs_no_style_sheet() -> None:
    _, html = bodies(mail())

    assert 'style="' in html
    assert "<style" not in html
    assert "<link" not in html
