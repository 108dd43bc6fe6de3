"""Documents: what staff ask for and customers send, and the numbered invoices and credit notes."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type


class DocumentKind(StrEnum):
    IDENTITY = "IDENTITY"
    PROOF_OF_ADDRESS = "PROOF_OF_ADDRESS"
    COMPANY_REGISTRATION = "COMPANY_REGISTRATION"
    PAYMENT_PROOF = "PAYMENT_PROOF"
    OTHER = "OTHER"


class InvoiceKind(StrEnum):
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


class DocumentRequest(SQLModel, table=True):
    """Open until provided or overdue; one open request for each order."""

    __tablename__ = "document_requests"
    __table_args__ = (
        sa.Index("uq_document_requests_open", "order_id", unique=True,
                 postgresql_where=sa.text("closed_at IS NULL"), sqlite_where=sa.text("closed_at IS NULL")),
        sa.Index("ix_document_requests_due", "due_at",
                 postgresql_where=sa.text("closed_at IS NULL"), sqlite_where=sa.text("closed_at IS NULL")),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    documents: list[str] = Field(sa_type=sa.JSON)
    message: str | None = Field(default=None, max_length=1000)
    requested_at: datetime = Field(sa_type=TIMESTAMP)
    due_at: datetime = Field(sa_type=TIMESTAMP)
    closed_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class Upload(SQLModel, table=True):
    """A file that a customer sent, or a statement from staff; it lies in the uploads folder under its id. What no
    request was answered with goes after 24 h."""

    __tablename__ = "uploads"
    __table_args__ = (sa.CheckConstraint("size > 0", name="size_is_positive"),)

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id", index=True)
    file_name: str = Field(max_length=255)
    media_type: str = Field(max_length=100)
    size: int
    created_at: datetime = Field(sa_type=TIMESTAMP)
    request_id: UUID | None = Field(default=None, foreign_key="document_requests.id", index=True)
    kind: DocumentKind | None = Field(default=None, sa_type=enum_type(DocumentKind))


class Invoice(SQLModel, table=True):
    """Numbered in its series without a hole. `amount` includes VAT; `seller` is as it was on the day."""

    __tablename__ = "invoices"
    __table_args__ = (
        sa.UniqueConstraint("series", "number"),
        sa.Index("uq_invoices_order", "order_id", unique=True,
                 postgresql_where=sa.text("kind = 'INVOICE'"), sqlite_where=sa.text("kind = 'INVOICE'")),
        sa.CheckConstraint("(kind = 'CREDIT_NOTE') = (refund_id IS NOT NULL)", name="credit_note_has_refund"),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    kind: InvoiceKind = Field(sa_type=enum_type(InvoiceKind))
    series: str = Field(max_length=16)
    number: int
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    refund_id: UUID | None = Field(default=None, foreign_key="refunds.id", unique=True)
    issued_at: datetime = Field(sa_type=TIMESTAMP)
    amount: int = Field(sa_type=MINOR)
    seller: dict[str, Any] = Field(sa_type=sa.JSON)

    @property
    def reference(self) -> str:
        """As printed, e.g. F2026-000042."""
        return f"{self.series}-{self.number:06}"


class InvoiceSeries(SQLModel, table=True):
    """The last number given in a series; its row is locked while the next is given."""

    __tablename__ = "invoice_series"

    series: str = Field(max_length=16, primary_key=True)
    last: int
