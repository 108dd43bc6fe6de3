"""Booking what happens to money: every payment and refund moves it from one account to another, each once."""

from collections.abc import Mapping
from typing import Final

from models.base import metadata
from models.database import Transaction
from models.ledger import EntryKind, JournalEntry, LedgerAccount
from models.payment import Payment, PaymentMethodKind, Refund
from models.statement import Statement

_ENTRIES: Final = metadata.tables[str(JournalEntry.__tablename__)]
_ENTER: Final = Statement(_ENTRIES.insert(), columns=_ENTRIES.c.keys())

#: Where the money of each kind of payment is held.
HELD_IN: Final[Mapping[PaymentMethodKind, LedgerAccount]] = {
    PaymentMethodKind.CARD: LedgerAccount.PROVIDER,
    PaymentMethodKind.SEPA_DIRECT_DEBIT: LedgerAccount.PROVIDER,
    PaymentMethodKind.PAYPAL: LedgerAccount.PROVIDER,
    PaymentMethodKind.BANK_TRANSFER: LedgerAccount.BANK,
    PaymentMethodKind.PREPAID_ACCOUNT: LedgerAccount.PREPAID,
    PaymentMethodKind.DEFERRED_PAYMENT: LedgerAccount.RECEIVABLE,
}


def book_payment(tx: Transaction, payment: Payment) -> None:
    """The money of an attempt is there."""
    _book(tx, payment, EntryKind.PAYMENT, payment, debit=HELD_IN[payment.kind], credit=LedgerAccount.PAID)


def book_refund(tx: Transaction, payment: Payment, refund: Refund, kind: EntryKind) -> None:
    """A refund of the payment is promised, paid out, taken back unpaid, or has come back."""
    held_in = HELD_IN[payment.kind]
    debit, credit = {
        EntryKind.REFUND_PROMISED: (LedgerAccount.PAID, LedgerAccount.OWED),
        EntryKind.REFUND_PAID: (LedgerAccount.OWED, held_in),
        EntryKind.REFUND_FAILED: (LedgerAccount.OWED, LedgerAccount.PAID),
        EntryKind.REFUND_RETURNED: (held_in, LedgerAccount.PAID),
    }[kind]
    _book(tx, payment, kind, refund, debit=debit, credit=credit)


def _book(
    tx: Transaction,
    payment: Payment,
    kind: EntryKind,
    subject: Payment | Refund,
    *,
    debit: LedgerAccount,
    credit: LedgerAccount,
) -> None:
    """Never read back here: all of a transaction are written at once, and the primary key forbids a second time."""
    entry = {
        "subject_id": subject.id,
        "kind": kind,
        "order_id": payment.order_id,
        "debit": debit,
        "credit": credit,
        "amount": subject.amount,
        "currency": payment.currency,
        "at": tx.now,
    }
    tx.write(_ENTER, entry)
