"""The ledger: where the money of orders went, in double entry; what is written there stays as it is."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.base import MINOR, TIMESTAMP, enum_type, metadata


class LedgerAccount(StrEnum):
    """PROVIDER, BANK: money held there for us. PREPAID: customers' money paid in advance. RECEIVABLE: what is paid
    after delivery. PAID: what orders have brought. OWED: refunds that are promised and not paid out yet. HELD: what
    came in by bank transfer and belongs to no order, until staff decide."""

    PROVIDER = "PROVIDER"
    BANK = "BANK"
    PREPAID = "PREPAID"
    RECEIVABLE = "RECEIVABLE"
    PAID = "PAID"
    OWED = "OWED"
    HELD = "HELD"


class EntryKind(StrEnum):
    """PAYMENT is about a payment, REFUND_… about a refund, HELD_… about a held payment. REFUND_RETURNED: it was paid
    out and came back; REFUND_REOPENED: it was taken for failed, and was not. HELD_RELEASED: it is held no longer, since
    it pays an order, went back, or was no order's money."""

    PAYMENT = "PAYMENT"
    REFUND_PROMISED = "REFUND_PROMISED"
    REFUND_PAID = "REFUND_PAID"
    REFUND_FAILED = "REFUND_FAILED"
    REFUND_RETURNED = "REFUND_RETURNED"
    REFUND_REOPENED = "REFUND_REOPENED"
    HELD_RECEIVED = "HELD_RECEIVED"
    HELD_RELEASED = "HELD_RELEASED"


class JournalEntry(SQLModel, table=True):
    """Money that went from one account to another: a row has both of its entries, so that nothing can be entered once
    only. `subject_id`: the payment, refund or held payment, each of which moves in one way once; what is held is no
    order's yet."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_is_positive"),
        sa.CheckConstraint("debit <> credit", name="two_accounts"),
        sa.CheckConstraint("(order_id IS NULL) = (kind IN ('HELD_RECEIVED', 'HELD_RELEASED'))", name="of_an_order"),
        # What an account has moved in a span of time.
        sa.Index(None, "at", "kind"),
    )

    subject_id: UUID = Field(primary_key=True)
    kind: EntryKind = Field(sa_type=enum_type(EntryKind), primary_key=True)
    order_id: UUID | None = Field(default=None, foreign_key="orders.id", index=True)
    debit: LedgerAccount = Field(sa_type=enum_type(LedgerAccount, "debit"))
    credit: LedgerAccount = Field(sa_type=enum_type(LedgerAccount, "credit"))
    amount: int = Field(sa_type=MINOR)
    currency: str = Field(max_length=3)
    at: datetime = Field(sa_type=TIMESTAMP)


# As migration 0003 has it: what is written is neither changed nor taken out, whoever asks for it.
_KEEP = "journal entries are append-only"
_FUNCTION = (
    "CREATE FUNCTION keep_journal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" RAISE EXCEPTION '{_KEEP}' USING ERRCODE = 'restrict_violation'; END $$"
)
_POSTGRESQL = [
    _FUNCTION,
    (
        "CREATE TRIGGER journal_entries_append_only BEFORE UPDATE OR DELETE ON journal_entries FOR EACH ROW"
        " EXECUTE FUNCTION keep_journal()"
    ),
    "CREATE TRIGGER journal_entries_not_emptied BEFORE TRUNCATE ON journal_entries EXECUTE FUNCTION keep_journal()",
]
_SQLITE = [
    f"CREATE TRIGGER journal_entries_no_{change.lower()} BEFORE {change} ON journal_entries"
    f" BEGIN SELECT RAISE(ABORT, '{_KEEP}'); END"
    for change in ("UPDATE", "DELETE")
]
for _dialect, _statements in {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}.items():
    for _statement in _statements:
        _made: sa.schema.ExecutableDDLElement = sa.DDL(_statement)  # type: ignore[no-untyped-call] # the library's
        sa.event.listen(metadata.tables["journal_entries"], "after_create", _made.execute_if(dialect=_dialect))
