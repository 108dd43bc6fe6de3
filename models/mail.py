"""The outbox: mails written in the transaction of the change they tell of, sent after it by the relay."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col

from models.base import TIMESTAMP, enum_type


class MailKind(StrEnum):
    ORDER_PLACED = "ORDER_PLACED"
    TRANSFER_ANNOUNCED = "TRANSFER_ANNOUNCED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    DOCUMENTS_REQUESTED = "DOCUMENTS_REQUESTED"
    ORDER_COMPLETE = "ORDER_COMPLETE"
    ORDER_EXPIRING = "ORDER_EXPIRING"
    ORDER_EXPIRED = "ORDER_EXPIRED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    REFUNDED = "REFUNDED"


_WAITING = sa.text("sent_at IS NULL AND dead_at IS NULL")
_DEAD = sa.text("dead_at IS NOT NULL")


class Mail(SQLModel, table=True):
    """`details` is what only this mail knows (access details, say): erased once it is sent."""

    __tablename__ = "mails"
    __table_args__ = (
        sa.Index("ix_mails_waiting", "next_try_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        sa.Index("ix_mails_dead", "dead_at", postgresql_where=_DEAD, sqlite_where=_DEAD),
    )

    id: UUID = Field(primary_key=True)
    kind: MailKind = Field(sa_type=enum_type(MailKind))
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    recipient: str = Field(max_length=254)
    language: str = Field(max_length=35)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    next_try_at: datetime = Field(sa_type=TIMESTAMP)
    tries: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    #: Given up after too many tries.
    dead_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    last_error: str | None = Field(default=None, max_length=500)


def still_waits(mail: type[Mail]) -> sa.ColumnElement[bool]:
    """Neither sent nor given up; said as the index has it, so that it is used."""
    return sa.and_(col(mail.sent_at).is_(None), col(mail.dead_at).is_(None))
