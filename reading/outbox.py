"""How the outbox stands: how many mails wait, and how many were given up."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from models.database import Selecting
from models.mail import Mail, still_waits


@dataclass(frozen=True, slots=True)
class Outbox:
    """`waiting`: to be sent, or for the next try."""

    waiting: int
    given_up: int


async def count_mails(session: Selecting) -> Outbox:
    """In one statement, which looks at none that was sent."""
    waiting, dead = (
        sa.select(sa.func.count()).select_from(Mail).where(condition).scalar_subquery()
        for condition in (still_waits(Mail), col(Mail.dead_at).is_not(None))
    )
    return Outbox(*(await session.execute(sa.select(waiting, dead))).one())
