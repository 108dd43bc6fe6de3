"""Terms of the seller: who sells, and the deadlines that orders run under."""

from dataclasses import dataclass
from datetime import timedelta

from ordering.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class SellerDetails:
    """As printed on documents. `country`: ISO 3166-1 alpha-2, a state of the EU."""

    name: str
    address_lines: tuple[str, ...]
    country: str
    vat_number: str
    email: str


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where customers transfer money to. `iban` and `bic` in capitals, without spaces."""

    holder: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Deadlines: to pay, to send documents, to be reminded before expiry, for a bank transfer to arrive."""

    seller: SellerDetails
    working_days: WorkingDays
    bank: BankAccount
    payment_deadline: timedelta = timedelta(hours=24)
    documents_deadline: timedelta = timedelta(hours=48)
    reminder: timedelta = timedelta(hours=3)
    transfer_deadline: timedelta = timedelta(days=14)
