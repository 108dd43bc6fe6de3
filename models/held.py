"""Money that arrived by itself: each line of a bank statement once, and payments held until staff decide."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type


class HeldReason(StrEnum):
    UNKNOWN_REFERENCE = "UNKNOWN_REFERENCE"
    SEVERAL_REFERENCES = "SEVERAL_REFERENCES"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    UNDERPAID = "UNDERPAID"
    OVERPAID = "OVERPAID"
    ALREADY_PAID = "ALREADY_PAID"
    ORDER_ENDED = "ORDER_ENDED"
    PAYMENT_IN_PROGRESS = "PAYMENT_IN_PROGRESS"
    REVERSAL = "REVERSAL"


class HeldResolution(StrEnum):
    SETTLED = "SETTLED"
    RETURNED = "RETURNED"
    DISMISSED = "DISMISSED"


class StatementLine(SQLModel, table=True):
    """Money that a bank statement says has come in; the same line is taken once, however often it is uploaded."""

    __tablename__ = "statement_lines"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount_is_positive"),)

    #: What the bank calls it, or else what it looks like.
    external_id: str = Field(primary_key=True, max_length=255)
    booked_on: date
    amount: int = Field(sa_type=MINOR)
    currency: str = Field(max_length=3)
    imported_at: datetime = Field(sa_type=TIMESTAMP)
    imported_by: UUID | None = Field(default=None, foreign_key="accounts.id", index=True)
    #: What it paid by itself; None where it was held.
    payment_id: UUID | None = Field(default=None, foreign_key="payments.id", index=True)


_OPEN = sa.text("resolved_at IS NULL")


class HeldPayment(SQLModel, table=True):
    """Money that no rule may settle. `source` and `external_id`: who told of it, and what they call it.

    `order_id`: the order that it seems to be for, then the one it was settled to. `note`: of those who resolved it."""

    __tablename__ = "held_payments"
    __table_args__ = (
        sa.UniqueConstraint("source", "external_id"),
        sa.CheckConstraint("amount > 0", name="amount_is_positive"),
        sa.CheckConstraint("(resolved_at IS NULL) = (resolution IS NULL)", name="resolved_somehow"),
        sa.CheckConstraint("(payment_id IS NOT NULL) = (resolution IS NOT NULL AND resolution = 'SETTLED')",
                           name="settled_to_a_payment"),
        sa.Index(None, "held_at", "id"),
        sa.Index("ix_held_payments_open", "held_at", "id", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    source: str = Field(max_length=32)
    external_id: str = Field(max_length=255)
    amount: int = Field(sa_type=MINOR)
    currency: str = Field(max_length=3)
    #: What the payer wrote, references included.
    text: str = Field(max_length=1000)
    payer_name: str | None = Field(default=None, max_length=200)
    payer_account: str | None = Field(default=None, max_length=64)
    booked_on: date | None = None
    reason: HeldReason = Field(sa_type=enum_type(HeldReason))
    order_id: UUID | None = Field(default=None, foreign_key="orders.id", index=True)
    held_at: datetime = Field(sa_type=TIMESTAMP)
    resolved_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    resolved_by: UUID | None = Field(default=None, foreign_key="accounts.id", index=True)
    resolution: HeldResolution | None = Field(default=None, sa_type=enum_type(HeldResolution))
    payment_id: UUID | None = Field(default=None, foreign_key="payments.id", index=True)
    note: str | None = Field(default=None, max_length=1000)
