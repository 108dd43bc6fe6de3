"""What a payment provider has told us by itself, kept as it came until it is applied."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import TIMESTAMP

_WAITING = sa.text("applied_at IS NULL")


class InboxEvent(SQLModel, table=True):
    """Once for each event of a source, however often it is delivered."""

    __tablename__ = "inbox_events"
    __table_args__ = (
        sa.Index("ix_inbox_events_waiting", "received_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
    )

    source: str = Field(max_length=32, primary_key=True)
    event_id: str = Field(max_length=255, primary_key=True)
    type: str = Field(max_length=100)
    #: What to look at: the provider's references, and our own idempotency key.
    charge: str | None = Field(default=None, max_length=255)
    refund: str | None = Field(default=None, max_length=255)
    setup: str | None = Field(default=None, max_length=255)
    attempt: str | None = Field(default=None, max_length=255)
    body: bytes
    created_at: datetime = Field(sa_type=TIMESTAMP)
    received_at: datetime = Field(sa_type=TIMESTAMP)
    applied_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
