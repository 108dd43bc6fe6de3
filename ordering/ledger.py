"""Booking what happens to money: every payment, refund and held payment moves it between two accounts, each once."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from models.base import metadata
from models.database import Transaction
from models.held import HeldPayment
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
    _book(
        tx,
        payment,
        EntryKind.PAYMENT,
        payment.order_id,
        debit=HELD_IN[payment.kind],
        credit=LedgerAccount.PAID,
        currency=payment.currency,
    )


def book_refund(tx: Transaction, payment: Payment, refund: Refund, kind: EntryKind) -> None:
    """A refund of the payment is promised, paid out, taken back unpaid, promised after all, or has come back."""
    held_in = LedgerAccount.BANK if refund.by_transfer else HELD_IN[payment.kind]
    debit, credit = {
        EntryKind.REFUND_PROMISED: (LedgerAccount.PAID, LedgerAccount.OWED),
        EntryKind.REFUND_REOPENED: (LedgerAccount.PAID, LedgerAccount.OWED),
        EntryKind.REFUND_PAID: (LedgerAccount.OWED, held_in),
        EntryKind.REFUND_FAILED: (LedgerAccount.OWED, LedgerAccount.PAID),
        EntryKind.REFUND_RETURNED: (held_in, LedgerAccount.PAID),
    }[kind]
    _book(tx, refund, kind, payment.order_id, debit=debit, credit=credit, currency=payment.currency)


def book_held(tx: Transaction, held: HeldPayment) -> None:
    """Money has come to the bank that belongs to no order yet."""
    _book(
        tx,
        held,
        EntryKind.HELD_RECEIVED,
        None,
        debit=LedgerAccount.BANK,
        credit=LedgerAccount.HELD,
        currency=held.currency,
    )


def book_released(tx: Transaction, held: HeldPayment) -> None:
    """It is held no longer: it goes out, or comes in anew as the payment of an order."""
    _book(
        tx,
        held,
        EntryKind.HELD_RELEASED,
        None,
        debit=LedgerAccount.HELD,
        credit=LedgerAccount.BANK,
        currency=held.currency,
    )


def _book(
    tx: Transaction,
    subject: Payment | Refund | HeldPayment,
    kind: EntryKind,
    order_id: UUID | None,
    *,
    debit: LedgerAccount,
    credit: LedgerAccount,
    currency: str,
) -> None:
    """Never read back here: all of a transaction are written at once, and the primary key forbids a second time."""
    entry = {
        "subject_id": subject.id,
        "kind": kind,
        "order_id": order_id,
        "debit": debit,
        "credit": credit,
        "amount": subject.amount,
        "currency": currency,
        "at": tx.now,
    }
    tx.write(_ENTER, entry)
