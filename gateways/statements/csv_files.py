"""Statements as CSV, for banks and tools that have no camt.053: UTF-8, a header, a comma or a semicolon between.

The columns, in any order: `id` (the bank's own name for the line, never used twice), `booked_on` (2026-11-24), `amount`
(119.88, with a minus for what was paid out), `currency` (EUR), `text` (what the payer wrote, with the reference), and
where they are known `name` and `account` of the payer.
"""

import csv
import io
from collections.abc import Mapping
from typing import BinaryIO, Final

from gateways.statements.contents import BadStatement, Credit, Statement, amount_of, check_number, day_of
from texts import mark

NEEDED: Final = ("id", "booked_on", "amount", "currency", "text")
KNOWN: Final = frozenset({*NEEDED, "name", "account"})
_LONGEST_ID: Final = 200


def read_csv(file: BinaryIO) -> Statement:
    """Raises BadStatement."""
    taken, ignored = list[Credit](), 0
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        try:
            rows = _reader(text)
            for row in rows:
                credit = _credit(row, rows.line_num)
                taken += [credit] if credit else []
                ignored += credit is None
                check_number(len(taken))
        except UnicodeDecodeError:
            raise BadStatement(mark("A CSV file has to be in UTF-8.")) from None
        except csv.Error:
            raise BadStatement(mark("This is no CSV file that can be read.")) from None
    return Statement(tuple(taken), ignored)


def _reader(text: io.TextIOWrapper) -> "csv.DictReader[str]":
    # A whole file on one line is read no further than a header may be long.
    header = text.readline(1000)
    delimiter = ";" if header.count(";") > header.count(",") else ","
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter, strict=True), [])]
    if len(set(names)) != len(names) or set(NEEDED) - set(names) or set(names) - KNOWN:
        why = mark("The first line of a CSV file names its columns: {columns}, and perhaps name and account.")
        raise BadStatement(why, columns=", ".join(NEEDED))
    return csv.DictReader(text, names, delimiter=delimiter, strict=True)


def _credit(row: Mapping[str | None, str | list[str] | None], number: int) -> Credit | None:
    """None for what was paid out, or is nothing."""
    line = number + 1  # the header was read before
    if None in row or any(row[name] is None for name in NEEDED):
        raise BadStatement(mark("Line {line} does not have as many fields as the first."), line=line)
    fields = {str(name): str(value or "").strip() for name, value in row.items()}
    if not 1 <= len(fields["id"]) <= _LONGEST_ID:
        raise BadStatement(mark("Line {line}: an id has 1 to 200 characters."), line=line)
    amount = amount_of(fields["amount"], fields["currency"], line)
    booked_on = day_of(fields["booked_on"], line)
    if amount.minor <= 0:
        return None
    return Credit.of(
        f"csv {fields['id']}",
        booked_on,
        amount,
        text=fields["text"],
        name=fields.get("name"),
        account=fields.get("account"),
    )
