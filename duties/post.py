"""The post: mails of the outbox go out, at least once each, under the same Message-ID however often."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import col

from duties.rounds import Round
from gateways.failpoints import reached
from gateways.mail import MailDelayed, Mailer, MailRefused, compose
from models.database import Database
from models.mail import Mail
from ordering.retrying import Backoff
from reading.letters import mail_context

RETRIES: Final = Backoff(first=timedelta(seconds=5), longest=timedelta(hours=1))
#: After so many tries, about a day and a half, a mail is given up.
MOST_TRIES: Final = 45

log: structlog.stdlib.BoundLogger = structlog.get_logger("duties")


class PostOffice:
    """`sender` and the seller's name stand in every mail, `public_url` in its links."""

    def __init__(self, database: Database, mailer: Mailer, *, sender: str, seller_name: str, public_url: str) -> None:
        self._database = database
        self._mailer = mailer
        self._sender = sender
        self._seller_name = seller_name
        self._public_url = public_url

    def round(self) -> Round:
        return Round(self._database, "send mails", self._waiting, self.send)

    async def _waiting(self) -> sa.Select[UUID]:
        waiting = sa.select(col(Mail.id)).where(
            col(Mail.sent_at).is_(None),
            col(Mail.dead_at).is_(None),
            col(Mail.next_try_at) <= await self._database.moment(),
        )
        return waiting.order_by(col(Mail.next_try_at))

    async def send(self, mail_id: UUID) -> None:
        """No transaction is open while the mail server is spoken to."""
        async with self._database.reading() as session:
            mail = await session.get_one(Mail, mail_id)
            context = await mail_context(session, mail, public_url=self._public_url, seller_name=self._seller_name)
        if mail.sent_at is not None or mail.dead_at is not None:
            return
        try:
            message = compose(
                kind=mail.kind,
                mail_id=mail.id,
                recipient=mail.recipient,
                language=mail.language,
                sender=self._sender,
                public_url=self._public_url,
                at=mail.created_at,
                context=context,
            )
            reached("mail.sending")
            await self._mailer.send(message)
            reached("mail.sent")
        except MailDelayed as delay:
            await self._record(mail_id, error=str(delay), final=False)
        except (MailRefused, ValueError) as refusal:
            await self._record(mail_id, error=str(refusal), final=True)
        else:
            await self._record(mail_id, error=None, final=True)

    async def _record(self, mail_id: UUID, *, error: str | None, final: bool) -> None:
        """A mail that is done with, one way or the other, keeps nothing of what only it knew."""
        async with self._database.writing() as tx:
            mail = await tx.session.get_one(Mail, mail_id, with_for_update=True)
            mail.tries += 1
            mail.last_error = error and error[:500]
            if error is None:
                mail.sent_at, mail.details = tx.now, {}
            elif final or mail.tries >= MOST_TRIES:
                mail.dead_at, mail.details = tx.now, {}
                log.error("a mail was given up", mail=str(mail_id), kind=mail.kind, tries=mail.tries, reason=error)
            else:
                mail.next_try_at = tx.now + RETRIES.after(mail.tries - 1)
