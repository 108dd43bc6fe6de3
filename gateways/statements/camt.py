"""Statements as camt.053 (ISO 20022, any version): the entries that are booked, taken one by one off the file.

Whoever made the file is not trusted: no document type, no entities, nothing fetched, and no more nesting than the
standard has. What is in memory is one entry at a time.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import iterparse

from gateways.statements.contents import BadStatement, Credit, Statement, check_number
from gateways.statements.entries import Entry, credits_of
from texts import mark

_NAMESPACE: Final = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}")
_ROOT: Final = "Document"
#: The standard's own entries are some twelve deep.
_DEEPEST: Final = 40
#: How deep a statement lies, with all that is no part of an entry.
_STATEMENT: Final = 3
#: An entry of a transfer has some thirty.
_MOST_ELEMENTS: Final = 1_000_000
_NOT_READABLE: Final = mark("This is no camt.053 file that can be read.")


def read_camt(file: BinaryIO, *, iban: str) -> Statement:
    """Raises BadStatement, also for a statement of another account."""
    taken: dict[str, Credit] = {}
    ignored = 0
    try:
        for entry in _entries(file, iban):
            found = credits_of(entry)
            ignored += not found
            # The same line twice in one file is one line.
            taken.update((credit.external_id, credit) for credit in found)
            check_number(len(taken))
    except (ParseError, ValueError, LookupError):  # not well-formed, forbidden, or in an encoding that is none
        raise BadStatement(_NOT_READABLE) from None
    return Statement(tuple(taken.values()), ignored)


def _entries(file: BinaryIO, iban: str) -> Iterator[Entry]:
    """The standard has a statement's account before its entries; a statement without one is none."""
    seen: dict[str, int] = {}
    statements = number = 0
    is_ours = False
    for element, inside in _closed(file):
        if len(inside) != _STATEMENT:
            is_ours = is_ours and len(inside) > _STATEMENT
            continue
        namespace = _namespace(inside[0])
        if inside[-1].tag != f"{namespace}Stmt":
            continue
        if element.tag == f"{namespace}Acct":
            _check_account(element, namespace, iban)
            is_ours, seen, statements = True, {}, statements + 1
        elif element.tag == f"{namespace}Ntry":
            number += 1
            if not is_ours:
                raise BadStatement(_NOT_READABLE)
            yield Entry(element, namespace, iban, number, seen)
    if not statements:
        raise BadStatement(_NOT_READABLE)


def _closed(file: BinaryIO) -> Iterator[tuple[Element, list[Element]]]:
    """Each element once it is whole, and those that it stands in. What stands in a statement, or beside one, is
    forgotten afterwards."""
    path, elements = list[Element](), 0
    for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
        if event == "start":
            path.append(element)
            elements += 1
            if len(path) > _DEEPEST or elements > _MOST_ELEMENTS:
                raise BadStatement(_NOT_READABLE)
            continue
        path.pop()
        yield element, path
        if 1 <= len(path) <= _STATEMENT:
            path[-1].clear()


def _namespace(root: Element) -> str:
    matched = _NAMESPACE.match(root.tag)
    if matched is None or root.tag != matched[0] + _ROOT:
        raise BadStatement(_NOT_READABLE)
    return matched[0]


def _check_account(account: Element, namespace: str, iban: str) -> None:
    found = account.findtext(f"{namespace}Id/{namespace}IBAN", "")
    if re.sub(r"\s", "", found).upper() != iban:
        raise BadStatement(mark("This statement is of another account than {iban}."), iban=iban)
