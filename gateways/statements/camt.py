"""Statements as camt.053 (ISO 20022, any version): the entries that are booked, taken one by one off the file.

Whoever made the file is not trusted: no document type, no entities, nothing fetched, and no more nesting than the
standard has. What is in memory is one entry at a time.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from gateways.statements.contents import BadStatement, Credit, Statement, check_number
from gateways.statements.entries import Entry, credits_of
from texts import mark

_NAMESPACE: Final = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}")
_ROOT: Final = "Document"
#: The standard's own entries are some twelve deep.
_DEEPEST: Final = 40
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
    except (ParseError, DefusedXmlException, UnicodeError, LookupError):  # the last: an encoding that is none
        raise BadStatement(_NOT_READABLE) from None
    return Statement(tuple(taken.values()), ignored)


def _entries(file: BinaryIO, iban: str) -> Iterator[Entry]:
    namespace, path, statements = "", list[Element](), 0
    seen: dict[str, int] = {}
    number = 0
    for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
        if event == "start":
            namespace = namespace or _namespace(element)
            path.append(element)
            if len(path) > _DEEPEST:
                raise BadStatement(_NOT_READABLE)
            continue
        path.pop()
        match element.tag.removeprefix(namespace):
            case "Acct" if path and path[-1].tag == f"{namespace}Stmt":
                _check_account(element, namespace, iban)
                statements, seen = statements + 1, {}
            case "Ntry" if path and path[-1].tag == f"{namespace}Stmt":
                number += 1
                if not statements:  # the standard has the account before its entries
                    raise BadStatement(_NOT_READABLE)
                yield Entry(element, namespace, iban, number, seen)
                path[-1].clear()
    if not statements:
        raise BadStatement(_NOT_READABLE)


def _namespace(root: Element) -> str:
    matched = _NAMESPACE.match(root.tag)
    if matched is None or root.tag != matched[0] + _ROOT:
        raise BadStatement(_NOT_READABLE)
    return matched[0]


def _check_account(account: Element, namespace: str, iban: str) -> None:
    found = account.findtext(f"{namespace}Id/{namespace}IBAN", "")
    if re.sub(r"\s", "", found).upper() != iban:
        raise BadStatement(mark("This statement is of another account than {iban}."), iban=iban)
