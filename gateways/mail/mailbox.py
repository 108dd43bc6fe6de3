"""A mailbox on this machine, for when there is no mail server: a Maildir to write to, and its reader."""

import mailbox
import re
from asyncio import to_thread
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


class MailboxMailer:
    """A Mailer that puts every mail into a Maildir, which is made where it is missing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, message: EmailMessage) -> None:
        await to_thread(lambda: _open(self._directory).add(message))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMail:
    """`id` names the mail in its mailbox; `at` is what its Date header says."""

    id: str
    to: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMail(StoredMail):
    html: str
    text: str


class Mailbox:
    """Reads what a MailboxMailer wrote. Touches the disk: call it in a thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def newest(self, limit: int = 100) -> list[StoredMail]:
        """The mails that came in last, newest first."""
        maildir = _open(self._directory)
        arrived = sorted(maildir.iterkeys(), key=_arrival)
        return [_stored(key, _parsed(maildir.get_bytes(key))) for key in reversed(arrived[-limit:])]

    def open(self, mail_id: str) -> OpenedMail | None:
        """None where there is no such mail; the id may come from anywhere, for it is only ever looked up."""
        try:
            message = _parsed(_open(self._directory).get_bytes(mail_id))
        except KeyError:
            return None
        stored = _stored(mail_id, message)
        return OpenedMail(
            id=stored.id,
            to=stored.to,
            subject=stored.subject,
            at=stored.at,
            html=_body(message, "html"),
            text=_body(message, "plain"),
        )


def _open(directory: Path) -> "mailbox.Maildir":
    directory.parent.mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(directory, create=True)


def _arrival(key: str) -> list[int]:
    """A Maildir's file names begin with the second and microsecond they were made in: 1795512600.M42P7Q1.host."""
    return [int(number) for number in re.findall(r"\d+", key)[:2]]


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def _stored(key: str, message: EmailMessage) -> StoredMail:
    return StoredMail(id=key, to=str(message["To"]), subject=str(message["Subject"]), at=message["Date"].datetime)


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(("html",) if subtype == "html" else ("plain",))
    content = part.get_content() if part is not None else ""
    return str(content)
