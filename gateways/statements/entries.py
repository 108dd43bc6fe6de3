"""One entry of a camt.053 statement: what of it is money received, from whom, what for, and what it is called."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element

from gateways.statements.contents import BadStatement, Credit, amount_of, day_of
from models.money import Money
from texts import mark, one_line

#: What banks write where they have nothing to say.
_NOTHING: Final = frozenset({"", "NOTPROVIDED", "NONREF"})


@dataclass(frozen=True, slots=True)
class Entry:
    """`number`: from 1, within its file. `seen`: how often each line without a name of the bank's has been met in
    its statement, so that two that look the same are two."""

    element: Element
    namespace: str
    iban: str
    number: int
    seen: dict[str, int]

    def text(self, of: Element, path: str) -> str:
        """The first text at `path`, such as "Refs/EndToEndId"; empty where there is none."""
        return (of.findtext(self._path(path)) or "").strip()

    def texts(self, of: Element, path: str) -> Iterator[str]:
        return ((each.text or "").strip() for each in of.iterfind(self._path(path)))

    def all(self, of: Element, path: str) -> list[Element]:
        return of.findall(self._path(path))

    def _path(self, path: str) -> str:
        return "/".join(self.namespace + step for step in path.split("/"))


def credits_of(entry: Entry) -> list[Credit]:
    """None of them where the entry takes money away, or is not booked yet. Raises BadStatement."""
    whole = entry.element
    status = entry.text(whole, "Sts/Cd") or entry.text(whole, "Sts")
    if status != "BOOK" or entry.text(whole, "CdtDbtInd") != "CRDT":
        return []
    amount, booked_on = _amount(entry, whole), _booked_on(entry)
    if amount.minor <= 0:
        return []
    details = entry.all(whole, "NtryDtls/TxDtls")
    parts = [(detail, each) for detail in details if (each := _part(entry, detail)) is not None and each.minor > 0]
    # A collection counts as its parts only where they are all there and make the whole.
    if not (len(parts) == len(details) > 1 and sum(part.minor for _, part in parts) == amount.minor):
        return [_credit(entry, details[0] if len(details) == 1 else None, amount, booked_on, 0)]
    return [_credit(entry, detail, part, booked_on, index) for index, (detail, part) in enumerate(parts, start=1)]


def _credit(entry: Entry, detail: Element | None, amount: Money, booked_on: date, index: int) -> Credit:
    of = entry.element if detail is None else detail
    text = " ".join(filter(None, _remittance(entry, of)))
    party = "RltdPties/Dbtr"
    name = entry.text(of, f"{party}/Pty/Nm") or entry.text(of, f"{party}/Nm")
    account = entry.text(of, "RltdPties/DbtrAcct/Id/IBAN")
    return Credit.of(
        _external_id(entry, detail, (booked_on, amount, text, account), index),
        booked_on,
        amount,
        text=text or entry.text(entry.element, "AddtlNtryInf"),
        name=name,
        account=account,
        reversal=entry.text(entry.element, "RvslInd") in ("true", "1"),
    )


def _remittance(entry: Entry, of: Element) -> Iterator[str]:
    yield from entry.texts(of, "RmtInf/Strd/CdtrRefInf/Ref")
    yield from entry.texts(of, "RmtInf/Ustrd")
    end_to_end = entry.text(of, "Refs/EndToEndId")
    yield "" if end_to_end in _NOTHING else end_to_end


def _external_id(entry: Entry, detail: Element | None, looks: tuple[date, Money, str, str], index: int) -> str:
    """By the bank's own reference where it gives one. Without one a line is known by its looks, and those of one
    statement that look the same are numbered."""
    booked_on, amount, text, account = looks
    own = "" if detail is None else entry.text(detail, "Refs/AcctSvcrRef")
    reference = own if own not in _NOTHING else entry.text(entry.element, "AcctSvcrRef")
    if reference in _NOTHING:
        end_to_end = "" if detail is None else entry.text(detail, "Refs/EndToEndId")
        seen = "\n".join((str(booked_on), amount.currency, str(amount.minor), one_line(text), account, end_to_end))
        entry.seen[seen] = entry.seen.get(seen, 0) + 1
        reference = f"{hashlib.sha256(seen.encode()).hexdigest()} {entry.seen[seen]}"
    # The day, the amount and the part belong to it: some banks give one reference to a whole collection.
    return f"{entry.iban} {booked_on} {amount.currency} {amount.minor} {index} {reference}"


def _amount(entry: Entry, of: Element) -> Money:
    found = entry.all(of, "Amt")
    if not found:
        raise BadStatement(mark("Line {line}: this is no amount of its currency."), line=entry.number)
    return amount_of(found[0].text or "", found[0].get("Ccy", ""), entry.number)


def _part(entry: Entry, detail: Element) -> Money | None:
    """The amount of one transaction, where it is told in the currency that was booked."""
    booked_in = entry.all(entry.element, "Amt")[0].get("Ccy", "")
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        for found in entry.all(detail, path):
            if found.get("Ccy") == booked_in:
                return amount_of(found.text or "", booked_in, entry.number)
    return None


def _booked_on(entry: Entry) -> date:
    told = entry.text(entry.element, "BookgDt/Dt") or entry.text(entry.element, "BookgDt/DtTm")
    return day_of(told, entry.number)
