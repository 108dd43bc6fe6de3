"""What a bank statement says, whichever format it came in: the money that has arrived, and how much else there was."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from models.money import EXPONENTS, InvalidAmount, Money
from texts import mark, one_line

#: Of one file; a day of a busy shop has a fraction of it.
MOST_CREDITS: Final = 20_000
LONGEST_TEXT: Final = 1000
_LONGEST_NAME, _LONGEST_ACCOUNT, _LONGEST_ID = 200, 64, 255


class BadStatement(Exception):
    """No statement that can be read. `why` is a marked text whose placeholders `values` fill."""

    def __init__(self, why: str, **values: object) -> None:
        super().__init__(why)
        self.why, self.values = why, values


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that is on our account. `external_id` names it for ever; `text` is all that the payer wrote.

    `reversal`: it is money of our own that came back, not a payment."""

    external_id: str
    booked_on: date
    amount: Money
    text: str
    payer_name: str | None = None
    payer_account: str | None = None
    reversal: bool = False

    @classmethod
    def of(
        cls,
        external_id: str,
        booked_on: date,
        amount: Money,
        *,
        text: str,
        name: str | None,
        account: str | None,
        reversal: bool = False,
    ) -> "Credit":
        """From what strangers wrote: on one line each, and no longer than we keep."""
        return cls(
            external_id=one_line(external_id)[:_LONGEST_ID],
            booked_on=booked_on,
            amount=amount,
            text=one_line(text)[:LONGEST_TEXT],
            payer_name=one_line(name or "")[:_LONGEST_NAME] or None,
            payer_account=one_line(account or "")[:_LONGEST_ACCOUNT] or None,
            reversal=reversal,
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """`ignored`: lines that are no money received, such as what we paid ourselves or what is not booked yet."""

    credits: tuple[Credit, ...]
    ignored: int


def amount_of(text: str, currency: str, line: int) -> Money:
    """Raises BadStatement."""
    if currency not in EXPONENTS:
        raise BadStatement(mark("Line {line}: the currency is unknown."), line=line)
    try:
        return Money.parse(text.strip(), currency)
    except InvalidAmount:
        raise BadStatement(mark("Line {line}: this is no amount of its currency."), line=line) from None


def day_of(text: str, line: int) -> date:
    """Of a date, or of a moment. Raises BadStatement."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise BadStatement(mark("Line {line}: this is no date."), line=line) from None


def check_number(credits: int) -> None:
    """Raises BadStatement where there are more than one file may have."""
    if credits > MOST_CREDITS:
        raise BadStatement(mark("A statement may have {most} lines at most."), most=MOST_CREDITS)
