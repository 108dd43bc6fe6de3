"""Bank statements: what names its order and is exact settles it; all else is held; nothing counts twice."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from random import randrange
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from gateways.statements.csv_files import read_csv
from models.change import ActorKind
from models.money import Money
from ordering import importing
from ordering.actors import Actor
from ordering.importing import CHUNK, import_statement
from tests.api import QUERIES, Api
from tests.bank import Line, announced, camt_of, counts, csv_of, every_held, held, imported, reference
from tests.behind import traces, unchanged
from tests.counting import statements_of
from tests.ordering.test_card_numbers import with_check_digit

TOTAL = "178.68"
FORMATS: dict[str, Any] = {"csv": csv_of, "camt": camt_of}


def spaced(text: str) -> str:
    """As people type it."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4)).lower()


@pytest.mark.parametrize("form", FORMATS)
def test_a_transfer_with_its_reference_pays_its_order(api: Api, form: str) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    line = Line(TOTAL, f"Invoice of November {spaced(reference(order))}")

    assert imported(staff, FORMATS[form]([line])) == counts(settled=1)

    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("UNPAID", "CONFIRMATION", "STAFF")
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")
    assert held(staff, line) is None
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    assert (payment["status"], payment["amount"]["amount"]) == ("SUCCEEDED", TOTAL)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_line_counts_once(api: Api, form: str) -> None:
    staff = api.staff()
    order, other = announced(api.customer()), announced(api.customer())
    content = FORMATS[form]([Line(TOTAL, reference(order)), Line("5.00", "?")])
    assert imported(staff, content) == counts(settled=1, held=1)

    with unchanged(api, order):
        assert imported(staff, content) == counts(known=2)
        upload = staff.upload(content, "statement")
        for _ in range(2):  # the same request again, too
            assert staff.run("import_bank_statement", uploadId=upload) == counts(known=2)
    longer = FORMATS[form]([Line(TOTAL, reference(other))])
    assert imported(staff, longer) == counts(settled=1)


def test_two_who_import_the_same_statement_at_once_do_it_once(api: Api) -> None:
    staff = api.staff()
    orders = [announced(api.customer()) for _ in range(8)]
    lines = [Line(TOTAL, reference(order)) for order in orders]
    contents = [csv_of(lines), csv_of(lines[::-1])] * 2

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda content: imported(staff, content), contents))

    assert sum(each["settled"] for each in done) == len(orders)
    assert sum(each["known"] for each in done) == 3 * len(orders)
    assert [each["errors"] for each in done] == [[]] * 4
    for order in orders:
        left = traces(api, order)
        left.check()
        assert left.order[:2] == ("CONFIRMATION", 3)
        assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("UNDERPAID", {"amount": "178.67"}),
        ("OVERPAID", {"amount": "200.00"}),
        ("WRONG_CURRENCY", {"currency": "USD"}),
        ("UNKNOWN_REFERENCE", {"text": "RF00 1234 5678 90"}),
        ("UNKNOWN_REFERENCE", {"text": ""}),
        ("UNKNOWN_REFERENCE", {"text": "RF691000000000"}),
    ],
)
def test_what_does_not_fit_is_held_with_its_reason(api: Api, reason: str, changes: dict[str, str]) -> None:
    staff = api.staff()
    order = announced(api.customer())
    line = Line(TOTAL, reference(order)).again(**changes)

    with unchanged(api, order):
        assert imported(staff, csv_of([line])) == counts(held=1)

    found = held(staff, line, resolved=False)
    assert found is not None
    assert (found["reason"], found["source"], found["resolution"]) == (reason, "bank_statement", None)
    assert (found["amount"]["amount"], found["amount"]["currency"]) == (line.amount, line.currency)
    assert (found["text"], found["payerName"], found["bookedOn"]) == (line.text, "Ada Example", "2026-11-24")
    assert (found["order"] or {}).get("number") == (None if reason == "UNKNOWN_REFERENCE" else order["number"])


def test_money_for_an_order_that_does_not_wait_for_it_is_held(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    paid, ended, waiting = customer.place_and_pay("server"), announced(customer), customer.place("server")
    assert customer.run("cancel_order", orderId=ended["id"])["errors"] == []
    customer.pay(waiting, "sandbox_card_authentication")
    both = announced(customer)
    lines = {
        "ALREADY_PAID": Line(TOTAL, reference(paid)),
        "ORDER_ENDED": Line(TOTAL, reference(ended)),
        "PAYMENT_IN_PROGRESS": Line(TOTAL, reference(waiting)),
        "SEVERAL_REFERENCES": Line(TOTAL, f"{reference(both)} {reference(paid)}"),
        "REVERSAL": Line(TOTAL, reference(both), reversal=True),
    }
    with unchanged(api, paid, ended, waiting, both):
        assert imported(staff, camt_of(list(lines.values()))) == counts(held=5)
    assert {reason: (held(staff, line) or {})["reason"] for reason, line in lines.items()} == {
        each: each for each in lines
    }


def test_a_line_with_a_card_number_is_the_same_line_before_and_after_it_is_hidden(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those without a name of the bank's are known by what stands in them."""
    staff, day = api.staff(), date(2000, 1, 1) + timedelta(days=randrange(9000))
    cards = [with_check_digit(f"4{number:014}") for number in range(3)]
    lines = [Line("1.00", f"card {card}", id="", booked_on=str(day)) for card in cards]
    with monkeypatch.context() as before:
        before.setattr(importing, "hide_card_numbers", str)
        assert imported(staff, camt_of(lines[:1])) == counts(held=1)

    assert imported(staff, camt_of(lines)) == counts(held=2, known=1)
    assert imported(staff, camt_of(lines)) == counts(known=3)

    texts = [each["text"] for each in every_held(staff) if each["bookedOn"] == str(day)]
    assert texts == [f"card {cards[0]}", "card …", "card …"]


def test_a_reference_is_read_beside_a_card_number(api: Api) -> None:
    order = announced(api.customer())
    text = f"{spaced(reference(order))} {with_check_digit('4' + '7' * 14)} 123"
    other = Line("1.00", text)
    assert imported(api.staff(), csv_of([other, Line(TOTAL, text)])) == counts(settled=1, held=1)
    found = held(api.staff(), other)
    assert found is not None
    assert (found["text"], found["order"]["number"]) == (f"{spaced(reference(order))} … 123", order["number"])


def test_of_two_payments_of_one_order_the_first_pays_it(api: Api) -> None:
    order = announced(api.customer())
    lines = [Line(TOTAL, reference(order)) for _ in range(2)]
    assert imported(api.staff(), csv_of(lines)) == counts(settled=1, held=1)
    assert (held(api.staff(), lines[1]) or {})["reason"] == "ALREADY_PAID"
    traces(api, order).check()


def test_a_transfer_that_was_never_announced_pays_all_the_same(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    assert imported(api.staff(), csv_of([Line(TOTAL, reference(order))])) == counts(settled=1)
    left = traces(api, order)
    left.check()
    assert [payment[:3] for payment in left.payments] == [("BANK_TRANSFER", "SUCCEEDED", 17868)]


def test_only_money_that_has_come_in_counts(api: Api) -> None:
    order = announced(api.customer())
    line = Line(TOTAL, reference(order))
    out, pending = line.again(direction="DBIT"), line.again(status="PDNG")
    with unchanged(api, order):
        assert imported(api.staff(), camt_of([out, pending])) == counts(ignored=2)
        assert imported(api.staff(), csv_of([line.again(amount=f"-{TOTAL}")])) == counts(ignored=1)
    assert imported(api.staff(), camt_of([line])) == counts(settled=1)


def test_a_long_statement_costs_as_many_statements_as_a_short_one(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    document = (QUERIES / "import_bank_statement.graphql").read_text()

    def cost(lines: list[Line]) -> tuple[Any, int]:
        variables = {"input": {"uploadId": staff.upload(csv_of(lines), "statement")}}
        answer, asked = statements_of(api.running, staff, document, variables)
        return answer["data"]["importBankStatement"], len(asked)

    few = [Line(TOTAL, reference(announced(customer))), Line("1.00", "?")]
    many = [Line(TOTAL, reference(announced(customer))) for _ in range(30)] + [Line("1.00", "?") for _ in range(60)]
    short, long = cost(few), cost(many)

    assert short[0] == counts(settled=1, held=1)
    assert long[0] == counts(settled=30, held=60)
    assert long[1] == short[1] < 25


def test_a_customer_s_own_upload_is_no_statement(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    for upload in (customer.upload(), "x", "00000000-0000-7000-8000-000000000000"):
        payload = staff.run("import_bank_statement", uploadId=upload)
        assert payload == {
            **counts(),
            "errors": [{"code": "NOT_FOUND", "message": "There is no such upload.", "path": ["uploadId"]}],
        }


UNREADABLE: list[tuple[bytes, str]] = [
    (b"<html></html>", "This is no camt.053 file that can be read."),
    (camt_of([Line("1.00")], iban="GB82WEST12345698765432"), "This statement is of another account than FR76"),
    (camt_of([Line("1.0x")]), "Line 1: this is no amount of its currency."),
    (b"id,amount\n1,2\n", "The first line of a CSV file names its columns: id, booked_on, amount, currency, text, and"),
    (csv_of([Line("1.00"), Line("1.00", currency="XXX")]), "Line 3: the currency is unknown."),
]


@pytest.mark.parametrize(("content", "message"), UNREADABLE)
def test_a_file_that_cannot_be_read_changes_nothing(api: Api, content: bytes, message: str) -> None:
    payload = imported(api.staff(), content)
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["uploadId"])
    assert error["message"].startswith(message)
    assert {**payload, "errors": []} == counts()


def test_what_was_interrupted_goes_on_where_it_stopped(api: Api) -> None:
    staff = api.staff()
    orders = [announced(api.customer()) for _ in range(2)]
    lines = [
        Line(TOTAL, reference(orders[0])),
        *(Line("1.00", "?") for _ in range(CHUNK)),
        Line(TOTAL, reference(orders[1])),
    ]
    whole = read_csv(io.BytesIO(csv_of(lines)))
    # A line that the database itself refuses stands for whatever ends the work in its second part.
    broken = replace(whole, credits=(*whole.credits[:-1], replace(whole.credits[-1], amount=Money("EUR", 0))))
    by = Actor(ActorKind.STAFF, staff.id)

    with pytest.raises(IntegrityError):
        api.running.do(import_statement(api.running.database, broken, by=by))
    assert [traces(api, order).order[0] for order in orders] == ["CONFIRMATION", "UNPAID"]

    assert imported(staff, csv_of(lines)) == counts(settled=1, held=1, known=CHUNK)
    assert [traces(api, order).order[0] for order in orders] == ["CONFIRMATION", "CONFIRMATION"]
