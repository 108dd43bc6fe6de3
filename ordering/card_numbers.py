"""Card numbers: they belong to the payment provider's form, and what looks like one is never taken in anywhere else."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from ordering.refusals import InvalidInput
from texts import mark

#: Between digits: hyphens, dashes, and spaces of any kind, as they come with what is copied from pages. Not the ends of
#: lines: columns of amounts and lists of numbers would be taken for cards.
_GAP: Final = r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000\u2010-\u2015\u2212-]{0,2}"
#: By the ranges that the schemes issue (ISO/IEC 7812), in groups or not; not inside a longer word or number. Each
#: length by itself, since digits that stand behind a number may be read as more of it.
_CARDS: Final = tuple(
    re.compile(rf"(?<![\w.])(?:{each})(?!\w)")
    for each in (
        rf"4(?:{_GAP}\d){{18}}",
        rf"4(?:{_GAP}\d){{15}}",
        rf"(?:5[1-5]|2[2-7]|35|6\d)(?:{_GAP}\d){{14}}",
        rf"3[47](?:{_GAP}\d){{13}}",
        rf"3[0689](?:{_GAP}\d){{12}}",
        rf"4(?:{_GAP}\d){{12}}",
    )
)
_HIDDEN: Final = "…"
#: Ids and idempotency keys: about one of 40,000 random ones is all digits for long enough, and adds up.
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def refuse_card_numbers(text: str, *path: str) -> None:
    """Raises InvalidInput where the text has one in it: it would end up in databases, mails and documents."""
    if has_card_number(text):
        why = mark("This looks like a card number. Give those to the payment provider's form only.")
        raise InvalidInput(why=why, path=path)


def has_card_number(text: str) -> bool:
    return any(_found_in(text))


def hide_card_numbers(text: str) -> str:
    """Of a text that nobody can be asked to write anew; all else stays, references of transfers too."""
    kept, end = "", 0
    for start, stop in sorted(_found_in(text)):
        if start >= end:
            kept += text[end:start] + _HIDDEN
        end = max(end, stop)  # what only seems to begin within one may end behind it
    return kept + text[end:]


def _found_in(text: str) -> Iterator[tuple[int, int]]:
    """From where to where one stands."""
    readable = _UUID.sub(lambda found: "x" * len(found[0]), text)
    if not readable.isascii():  # digits of other scripts are digits, too
        readable = "".join(str(unicodedata.decimal(each, each)) for each in readable)
    for pattern in _CARDS:
        start = 0
        while found := pattern.search(readable, start):
            start = found.start() + 1
            if _adds_up(found[0]):
                yield found.span()


def _adds_up(number: str) -> bool:
    """By the check digit that all of them end with (Luhn)."""
    digits = [int(each) for each in reversed(number) if each.isdecimal()]
    doubled = (sum(divmod(2 * each, 10)) for each in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
