"""References of bank transfers: made of an order's number, told to its customer, found again in what a payer wrote.

They are structured creditor references (ISO 11649), which banks check as they are typed: RF, two check digits over the
rest by ISO 7064, and the ten digits of the order's number.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from models.money import Money
from ordering.terms import BankAccount

_REFERENCE: Final = re.compile(r"RF[0-9]{2}([0-9]{10})")
_NUMBER: Final = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True)
class TransferInstructions:
    """What a customer gives to their bank; `due_at`: when the money has to be there."""

    holder: str
    iban: str
    bic: str
    reference: str
    amount: Money
    due_at: datetime


def reference_of(number: int) -> str:
    """The reference of the order with that number, without spaces."""
    return f"RF{mod_97_10.calc_check_digits(f'{number}RF')}{number}"


def numbers_in(text: str) -> set[int]:
    """The orders whose references stand in a text, spaced or broken up in any way."""
    compact = re.sub(r"[^0-9A-Z]", "", text.upper())
    return {int(found[1]) for found in _REFERENCE.finditer(compact) if iso11649.is_valid(found[0])}


def number_of(text: str) -> int | None:
    """The order whose reference or number a text is, however it is spaced; None where it is neither."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if _NUMBER.fullmatch(compact):
        return int(compact)
    found = _REFERENCE.fullmatch(compact)
    return int(found[1]) if found and iso11649.is_valid(compact) else None


def instructions_for(order: Any, bank: BankAccount) -> TransferInstructions:
    """`order`: an order, or a row of one."""
    return TransferInstructions(
        holder=bank.holder,
        iban=bank.iban,
        bic=bank.bic,
        reference=reference_of(order.number),
        amount=Money(order.currency, order.total),
        due_at=order.expires_at,
    )
