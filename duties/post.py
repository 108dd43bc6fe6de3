"""The post: mails of the outbox go out, at least once each, under the same Message-ID however often."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import aliased
from sqlmodel import col

from duties.rounds import Round
from gateways.failpoints import reached
from gateways.mail import MailDelayed, Mailer, MailRefused, compose
from models.database import Database, Transaction
from models.mail import Mail, still_waits
from ordering.retrying import Backoff
from reading.letters import mail_context

RETRIES: Final = Backoff(first=timedelta(seconds=5), longest=timedelta(hours=1))
#: After so many tries, about a day and a half, a mail is given up.
MOST_TRIES: Final = 45
#: What is raised while the database cannot be asked.
DATABASE_FAILED: Final = (sa.exc.DBAPIError, sa.exc.TimeoutError)

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
        """Of each order the first alone: those behind it wait until it is sent or given up."""
        before = aliased(Mail)
        held_up = sa.exists().where(
            col(before.order_id) == col(Mail.order_id),
            still_waits(before),
            sa.tuple_(col(before.created_at), col(before.id)) < sa.tuple_(col(Mail.created_at), col(Mail.id)),
        )
        due = col(Mail.next_try_at) <= await self._database.moment()
        return sa.select(col(Mail.id)).where(still_waits(Mail), due, ~held_up).order_by(col(Mail.next_try_at))

    async def send(self, mail_id: UUID) -> None:
        """Whatever fails is counted, so that no mail is tried for ever; raises only what the database raises, which is
        no mail's fault. No transaction is open while the mail server is spoken to."""
        try:
            if await self._hand_over(mail_id):
                await self._record(mail_id, error=None, final=True)
        except DATABASE_FAILED:
            raise
        except MailDelayed as delay:
            await self._record(mail_id, error=str(delay), final=False)
        except MailRefused as refusal:
            await self._record(mail_id, error=str(refusal), final=True)
        except Exception as error:  # a fault of ours, which may be mended before the last try
            log.exception("a mail could not be written; it will be tried again", mail=str(mail_id))
            # By its name alone: what it says may be what only the mail knows.
            await self._record(mail_id, error=type(error).__name__, final=False)

    async def _hand_over(self, mail_id: UUID) -> bool:
        """False where another relay has done with it."""
        async with self._database.reading() as session:
            mail = await session.get_one(Mail, mail_id)
            if mail.sent_at is not None or mail.dead_at is not None:
                return False
            context = await mail_context(session, mail, public_url=self._public_url, seller_name=self._seller_name)
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
        except ValueError as error:  # an address that is none
            raise MailRefused(str(error)) from error
        reached("mail.sent")
        return True

    async def _record(self, mail_id: UUID, *, error: str | None, final: bool) -> None:
        """A mail that is done with, one way or the other, keeps nothing of what only it knew. What another relay has
        done meanwhile stands, but for a mail that it gave up and that was sent. By columns: rows that cannot be read
        are counted, too."""
        open_still = col(Mail.sent_at).is_(None) if error is None else still_waits(Mail)
        found = sa.select(col(Mail.tries), col(Mail.order_id)).where(col(Mail.id) == mail_id, open_still)
        async with self._database.writing() as tx:
            mail = (await tx.session.execute(found.with_for_update())).one_or_none()
            if mail is None:
                return
            tries = mail.tries + 1
            given_up = error is not None and (final or tries >= MOST_TRIES)
            changed: dict[str, Any] = {"tries": tries, "last_error": error and error[:500]}
            if error is None:
                changed |= {"sent_at": tx.now, "dead_at": None, "details": {}}
            elif given_up:
                changed |= {"dead_at": tx.now, "details": {}}
            else:
                await _put_off(tx, mail.order_id, tx.now + RETRIES.after(mail.tries))
            await tx.session.execute(sa.update(Mail).where(col(Mail.id) == mail_id).values(changed))
        if given_up:
            log.error("a mail was given up", mail=str(mail_id), order=str(mail.order_id), tries=tries, reason=error)


async def _put_off(tx: Transaction, order_id: UUID, until: datetime) -> None:
    """With those behind it, which would else be looked at every second, in a long failure all that there are."""
    behind = sa.and_(col(Mail.order_id) == order_id, still_waits(Mail), col(Mail.next_try_at) < until)
    await tx.session.execute(sa.update(Mail).where(behind).values(next_try_at=until))
