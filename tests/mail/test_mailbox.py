"""Without a mail server, mails go to a mailbox that can be read."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateways.mail import Mailbox, MailboxMailer
from models.mail import MailKind
from tests.mail.letters import NOW, mail


def test_it_lists_the_newest_first(tmp_path: Path) -> None:
    directory = tmp_path / "var" / "mailbox"
    for minute, kind in enumerate((MailKind.ORDER_PLACED, MailKind.PAYMENT_RECEIVED, MailKind.ORDER_COMPLETE)):
        asyncio.run(MailboxMailer(directory).send(mail(kind, at=NOW + timedelta(minutes=minute))))

    listed = Mailbox(directory).newest()

    assert [(stored.subject, stored.at - NOW) for stored in listed] == [
        ("Your order 4820517396 is complete", timedelta(minutes=2)),
        ("We have received your payment for order 4820517396", timedelta(minutes=1)),
        ("Your purchase order 4820517396", timedelta(0)),
    ]
    assert Mailbox(directory).newest(limit=1) == listed[:1]


def test_a_mail_can_be_opened(tmp_path: Path) -> None:
    asyncio.run(MailboxMailer(tmp_path / "mailbox").send(mail(MailKind.ORDER_COMPLETE, language="fr")))
    mailbox = Mailbox(tmp_path / "mailbox")
    (stored,) = mailbox.newest()

    opened = mailbox.open(stored.id)

    assert opened is not None
    assert opened.to == "Camille Exemple <customer@example.com>"
    assert opened.subject == "Votre commande 4820517396 est terminée"
    assert opened.at == NOW
    assert "Password:  two  spaces" in opened.text
    assert "Vos identifiants d’accès" in opened.html


def test_a_mailbox_without_mails_is_empty(tmp_path: Path) -> None:
    assert Mailbox(tmp_path / "mailbox").newest() == []


@pytest.mark.parametrize("mail_id", ["", "unknown", "../mailbox", "../../etc/passwd", "/etc/passwd", "new"])
def test_what_is_no_mail_cannot_be_opened(tmp_path: Path, mail_id: str) -> None:
    asyncio.run(MailboxMailer(tmp_path / "mailbox").send(mail()))

    assert Mailbox(tmp_path / "mailbox").open(mail_id) is None
