"""Statements as camt.053: what of a file is money received, what it is called, and which files are refused."""

import io
from datetime import date

import pytest

from gateways.statements import BadStatement, Statement
from gateways.statements.camt import read_camt
from models.money import Money
from tests.bank import IBAN, NAMESPACE, Line, camt_of

LINE = Line("12.34", "RF18 & more", id="")
#: A collection of three, as banks book payments that came in together.
PARTS = """<NtryDtls>
<TxDtls><Amt Ccy="EUR">10.00</Amt><RmtInf><Strd><CdtrRefInf><Ref>RF01</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>
<TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">2.00</Amt></TxAmt></AmtDtls><Refs><EndToEndId>E2</EndToEndId></Refs></TxDtls>
<TxDtls><Amt Ccy="EUR">0.34</Amt><RmtInf><Ustrd>split re</Ustrd><Ustrd>ference</Ustrd></RmtInf></TxDtls></NtryDtls>"""


def read(content: bytes) -> Statement:
    return read_camt(io.BytesIO(content), iban=IBAN)


def with_details(details: str, line: Line = LINE) -> bytes:
    """The one entry of a statement, with other details."""
    head, _, rest = camt_of([line]).decode().partition("<NtryDtls>")
    return (head + details + rest.partition("</NtryDtls>")[2]).encode()


@pytest.mark.parametrize("version", ["02", "04", "08", "12"])
def test_reads_every_version(version: str) -> None:
    content = camt_of([LINE], namespace=NAMESPACE[:-2] + version)
    if version == "02":  # which has the name and the status one step higher
        text = content.decode().replace("<Pty><Nm>", "<Nm>").replace("</Nm></Pty>", "</Nm>")
        content = text.replace("<Sts><Cd>", "<Sts>").replace("</Cd></Sts>", "</Sts>").encode()
    (credit,) = read(content).credits
    assert (credit.amount, credit.booked_on) == (Money("EUR", 1234), date(2026, 11, 24))
    assert (credit.text, credit.payer_name, credit.reversal) == ("RF18 & more", "Ada Example", False)


def test_a_collection_is_its_parts() -> None:
    statement = read(with_details(PARTS))
    assert [each.amount.minor for each in statement.credits] == [1000, 200, 34]
    assert [each.text for each in statement.credits] == ["RF01", "E2", "split re ference"]
    assert len({each.external_id for each in statement.credits}) == 3


@pytest.mark.parametrize("changed", ["0.35", "x"])
def test_parts_that_do_not_make_the_whole_are_one_line(changed: str) -> None:
    """Else money would be made, or lost, by how a bank describes it."""
    details = PARTS.replace(">0.34<", f">{changed}<") if changed != "x" else PARTS.replace('"EUR">0.34', '"USD">0.34')
    (credit,) = read(with_details(details)).credits
    assert credit.amount.minor == 1234


def test_lines_that_the_bank_does_not_name_are_told_apart_and_known_again() -> None:
    twice = [each.external_id for each in read(camt_of([LINE, LINE, LINE.again(amount="1.00")])).credits]
    assert len(set(twice)) == 3
    assert [each.external_id for each in read(camt_of([LINE, LINE])).credits] == twice[:2]


def test_a_line_that_the_bank_names_is_one_however_often_it_stands_there() -> None:
    named = LINE.again(id="B1")
    assert len(read(camt_of([named, named])).credits) == 1
    assert len(read(camt_of([named, named.again(amount="9.00")])).credits) == 2


def test_what_strangers_write_stays_on_one_line() -> None:
    (credit,) = read(camt_of([LINE.again(text="a\u202eb\nc", name="x" * 500)])).credits
    assert (credit.text, len(credit.payer_name or "")) == ("ab c", 200)


def _document(inside: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<Document xmlns="{NAMESPACE}">{inside}</Document>'.encode()


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
REFUSED = {
    "entities": _document("&b;", BOMB),
    "a file": _document("&f;", "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"),
    "a document type": camt_of([LINE]).replace(b"?>", b"?><!DOCTYPE Document>", 1),
    "nested": _document("<a>" * 1000),
    "cut off": camt_of([LINE])[:-20],
    "empty": b"",
    "another message": camt_of([LINE], namespace="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"),
    "no namespace": camt_of([LINE]).replace(f' xmlns="{NAMESPACE}"'.encode(), b""),
    "no statement": _document("<BkToCstmrStmt/>"),
    "no account": camt_of([LINE]).replace(b"Acct>", b"Accx>"),
    "a second without": camt_of([LINE]).replace(b"</Stmt>", b"</Stmt><Stmt><Ntry/></Stmt>"),
    "another account": camt_of([LINE], iban="GB82WEST12345698765432"),
    "no amount": camt_of([LINE]).replace(b"12.34", b"12,34"),
    "no such currency": camt_of([LINE.again(currency="XXX")]),
    "no date": camt_of([LINE.again(booked_on="2026-13-01")]),
    "no encoding": b'<?xml version="1.0" encoding="utf-99"?><a/>',
    "a wide encoding": b'<?xml version="1.0" encoding="utf-7"?><a/>',
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_it_cannot_trust(content: bytes) -> None:
    with pytest.raises(BadStatement):
        read(content)
