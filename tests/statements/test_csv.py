"""Statements as CSV: the columns that the README names, and which files are refused."""

import io

import pytest

from gateways.statements import CAMT, CSV, BadStatement, Statement, statement_type
from gateways.statements.csv_files import read_csv
from tests.bank import Line, camt_of, csv_of
from tests.pages.files import PDF, PNG

GOOD = "id,booked_on,amount,currency,text\n1,2026-11-24,1.00,EUR,hello\n"


def read(text: str | bytes) -> Statement:
    return read_csv(io.BytesIO(text.encode() if isinstance(text, str) else text))


def test_reads_columns_by_their_names() -> None:
    text = '\ufeffText;id;Amount;currency;booked_on;account\r\n"a; ""b""";7;1.00;EUR;2026-11-24;FR1\r\n\r\n'
    (credit,) = read(text).credits
    assert (credit.external_id, credit.text, credit.amount.minor) == ("csv 7", 'a; "b"', 100)
    assert (credit.payer_name, credit.payer_account) == (None, "FR1")


def test_what_was_paid_out_is_no_payment() -> None:
    assert read(csv_of([Line("-1.00"), Line("0.00"), Line("1.00")])).ignored == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "The first line of a CSV file names its columns"),
        (GOOD.replace("id,", ""), "The first line of a CSV file names its columns"),
        (GOOD.replace("text", "text,card"), "The first line of a CSV file names its columns"),
        (GOOD.replace("text", "text,text"), "The first line of a CSV file names its columns"),
        (GOOD + "2,2026-11-24,1.00,EUR\n", "Line {line} does not have as many fields"),
        (GOOD + "2,2026-11-24,1.00,EUR,a,b\n", "Line {line} does not have as many fields"),
        (GOOD + ",2026-11-24,1.00,EUR,a\n", "Line {line}: an id has"),
        (GOOD + "2,24.11.2026,1.00,EUR,a\n", "Line {line}: this is no date"),
        (GOOD + "2,2026-11-24,1e3,EUR,a\n", "Line {line}: this is no amount"),
        (GOOD + "2,2026-11-24,1.001,EUR,a\n", "Line {line}: this is no amount"),
        (GOOD + '2,2026-11-24,1.00,EUR,"a\n', "This is no CSV file"),
        (GOOD.encode() + b"2,2026-11-24,1.00,EUR,\xff\n", "A CSV file has to be in UTF-8."),
    ],
)
def test_refuses_what_it_cannot_read(text: str | bytes, why: str) -> None:
    with pytest.raises(BadStatement) as refusal:
        read(text)
    assert refusal.value.why.startswith(why)
    assert refusal.value.values.get("line", 3) == 3


def test_a_statement_is_told_by_its_beginning() -> None:
    assert statement_type(io.BytesIO(GOOD.encode())) == CSV
    assert statement_type(io.BytesIO(b"\xef\xbb\xbf\n" + camt_of([]))) == CAMT
    for other in (PDF, PNG, b"", b"hello", b"PK\x03\x04,\n"):
        assert statement_type(io.BytesIO(other)) is None
