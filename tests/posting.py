"""What has come to a mail server of a test, and what still stands in the outbox."""

from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from models.mail import Mail
from schema.ids import uuid_of
from tests.api import Api, Person
from tests.peers.smtp import MailServer


def received(post: MailServer, customer: Person) -> list[EmailMessage]:
    return [message for message in post.messages if customer.account.email in message["To"]]


def arrived(post: MailServer, customer: Person) -> list[str]:
    """The subjects, in the order in which they came."""
    return [str(message["Subject"]) for message in received(post, customer)]


def subjects(post: MailServer, customer: Person) -> list[str]:
    return sorted(arrived(post, customer))


def text_of(message: EmailMessage) -> str:
    """All of its parts."""
    return "\n".join(str(part.get_content()) for part in message.walk() if not part.is_multipart())


def outbox(api: Api, order: dict[str, Any]) -> list[Mail]:
    """In the order in which they were written."""

    async def read() -> list[Mail]:
        async with api.running.database.reading() as session:
            written = sa.select(Mail).where(col(Mail.order_id) == uuid_of(order["id"], "Order"))
            return list((await session.execute(written.order_by(col(Mail.id)))).scalars())

    return api.running.do(read())
