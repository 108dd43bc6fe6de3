"""Sending a mail: the door itself, and the one that leads to an SMTP server."""

import asyncio
from email.message import EmailMessage
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

#: Seconds for one answer of the server, and for a whole delivery.
ANSWER_TIMEOUT: Final = 20.0
DELIVERY_TIMEOUT: Final = 60.0

_STARTTLS: Final = {"auto": None, "required": True, "off": False}


class MailRefused(Exception):
    """The server will never take this mail: trying again is of no use."""


class MailDelayed(Exception):
    """The mail could not be handed over, or perhaps was: it is to be tried again later, under the same Message-ID."""


class Mailer(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Hands the mail over. Raises MailRefused or MailDelayed."""


class SmtpMailer:
    """Sends through `smtp://user:password@host:port?starttls=…` (auto, required, off) or `smtps://…` (TLS throughout).

    STARTTLS is used where the server offers it, and required as soon as there is a password. Raises ValueError for
    an address that cannot be read.
    """

    def __init__(
        self, url: str, *, answer_timeout: float = ANSWER_TIMEOUT, delivery_timeout: float = DELIVERY_TIMEOUT
    ) -> None:
        self._server = _server(url)
        self._answer_timeout = answer_timeout
        self._delivery_timeout = delivery_timeout

    async def send(self, message: EmailMessage) -> None:
        try:
            # A server that sends a byte now and then would keep every single answer within its time.
            async with asyncio.timeout(self._delivery_timeout):
                await aiosmtplib.send(message, timeout=self._answer_timeout, **self._server)
        except (aiosmtplib.SMTPException, OSError) as error:
            if _refused(error):
                raise MailRefused(str(error)) from error
            raise MailDelayed(f"{type(error).__name__}: {error}") from error


def _refused(error: Exception) -> bool:
    """Whether it is this mail that the server will not have.

    A refused password or sender concerns every mail and is for an operator to put right: those mails can wait.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(map(_refused, error.recipients))
    return isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPRecipientRefused) and error.code >= 500


def _server(url: str) -> dict[str, Any]:
    """The address as arguments of aiosmtplib. What it says of a wrong one does not repeat the password in it."""
    parts = urlsplit(url)
    options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    starttls = options.pop("starttls", ["required" if parts.password else "auto"])[-1]
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("A mail server is smtp://[user:password@]host[:port] or smtps://…")
    if options or starttls not in _STARTTLS:
        raise ValueError("The only option of a mail server is starttls=auto, starttls=required or starttls=off.")
    secure = parts.scheme == "smtps"
    return {
        "hostname": parts.hostname,
        "port": parts.port,
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": secure,
        "start_tls": False if secure else _STARTTLS[starttls],
    }
