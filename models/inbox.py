"""The inbox: what providers told by themselves, each message once, with what became of it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import TIMESTAMP, enum_type
from models.payment import Mismatch

_HELD = sa.text("held_for IS NOT NULL AND resolved_at IS NULL")


class InboxEvent(SQLModel, table=True):
    """`held_for`: why nothing was done about it; it then waits for staff, who look and say what it was in `note`."""

    __tablename__ = "inbox_events"
    __table_args__ = (
        sa.UniqueConstraint("source", "event_id"),
        sa.CheckConstraint("resolved_at IS NULL OR held_for IS NOT NULL", name="resolved_was_held"),
        sa.Index("ix_inbox_events_held", "received_at", "id", postgresql_where=_HELD, sqlite_where=_HELD),
    )

    id: UUID = Field(primary_key=True)
    #: The provider's name, and its name for the event.
    source: str = Field(max_length=32)
    event_id: str = Field(max_length=255)
    type: str = Field(max_length=100)
    #: What it is about: the provider's names for it, and our own key.
    charge: str | None = Field(default=None, max_length=255)
    refund: str | None = Field(default=None, max_length=255)
    setup: str | None = Field(default=None, max_length=255)
    attempt: str | None = Field(default=None, max_length=255)
    created_at: datetime = Field(sa_type=TIMESTAMP)
    received_at: datetime = Field(sa_type=TIMESTAMP)
    #: As it came, while somebody may have to look at it.
    body: bytes | None = None
    held_for: Mismatch | None = Field(default=None, sa_type=enum_type(Mismatch))
    #: The order that it seems to concern.
    order_id: UUID | None = Field(default=None, foreign_key="orders.id", index=True)
    resolved_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    resolved_by: UUID | None = Field(default=None, foreign_key="accounts.id", index=True)
    note: str | None = Field(default=None, max_length=1000)
