"""A mail reaches a real SMTP server, and each way in which that can fail is told apart (case 65)."""

import asyncio

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateways.mail import MailDelayed, MailRefused, SmtpMailer
from models.mail import MailKind
from tests.mail.letters import MAIL_ID, bodies, mail
from tests.peers.smtp import MailServer, Mode


class ChoosyServer(MailServer):
    """Knows no mailbox at all."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        return "550 5.1.1 No such mailbox"


def send(server: MailServer, *, answer_timeout: float = 10.0, delivery_timeout: float = 10.0) -> None:
    mailer = SmtpMailer(server.url, answer_timeout=answer_timeout, delivery_timeout=delivery_timeout)
    asyncio.run(mailer.send(mail(MailKind.ORDER_CANCELLED, language="fr")))


def test_it_arrives_whole() -> None:
    with MailServer() as server:
        send(server)

    (arrived,) = server.messages
    assert arrived["Message-ID"] == f"<{MAIL_ID}@orders.example.com>"
    assert arrived["Subject"] == "Votre commande 4820517396 a été annulée"
    text, html = bodies(arrived)
    assert "Votre commande a été annulée." in text
    assert "Votre commande a été annulée." in html


def test_a_server_that_will_never_take_it_refuses_it() -> None:
    with MailServer() as server:
        server.mode = Mode.REJECT
        with pytest.raises(MailRefused, match="Not here"):
            send(server)


def test_an_unknown_mailbox_refuses_it() -> None:
    with ChoosyServer() as server, pytest.raises(MailRefused, match="No such mailbox"):
        send(server)


def test_a_busy_server_delays_it() -> None:
    with MailServer() as server:
        server.mode = Mode.REFUSE
        with pytest.raises(MailDelayed, match="Try again later"):
            send(server)
        server.mode = Mode.ACCEPT
        send(server)

    assert len(server.messages) == 1


def test_a_connection_cut_after_acceptance_delays_it_and_the_second_copy_is_known_by_its_id() -> None:
    with MailServer() as server:
        server.mode = Mode.DROP
        with pytest.raises(MailDelayed):
            send(server)
        server.mode = Mode.ACCEPT
        send(server)

    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("timeouts", [{"answer_timeout": 0.3}, {"delivery_timeout": 0.3}])
def test_a_server_that_hangs_delays_it(timeouts: dict[str, float]) -> None:
    with MailServer() as server:
        server.mode = Mode.HANG
        with pytest.raises(MailDelayed, match="Time"):
            send(server, **timeouts)


def test_no_server_at_all_delays_it() -> None:
    with MailServer() as server:
        pass

    with pytest.raises(MailDelayed):
        send(server)


def test_a_password_is_not_sent_in_the_clear() -> None:
    with MailServer() as server:
        mailer = SmtpMailer(server.url.replace("//", "//shop:secret@"))
        with pytest.raises(MailDelayed, match="STARTTLS"):
            asyncio.run(mailer.send(mail()))

    assert server.attempts == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://shop:secret@mail.example.com",
        "smtp://",
        "mail.example.com:25",
        "smtp://shop:secret@mail.example.com/inbox",
        "smtp://shop:secret@mail.example.com?starttls=maybe",
        "smtp://shop:secret@mail.example.com?tls=on",
        "smtp://shop:secret@mail.example.com:99999",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"mail server|[Pp]ort") as refusal:
        SmtpMailer(url)

    assert "secret" not in str(refusal.value)
