"""Paying otherwise while a bank transfer is announced: it gives way, and should it still arrive, staff decide."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.answers import refused, shown
from tests.api import Api
from tests.bank import Line, announced, counts, csv_of, held, imported, reference
from tests.behind import traces, unchanged

TOTAL = "178.68"
IN_PROGRESS = refused("PAYMENT_IN_PROGRESS", "A payment of this order is under way; wait for its outcome.")
TRANSFER = "BANK_TRANSFER"


def actions(person: Any, order: dict[str, Any]) -> dict[str, bool]:
    text = "query ($n: String!) { order(number: $n) { actions { action allowed } } }"
    found = person.send(text, {"n": order["number"]})["data"]["order"]["actions"]
    return {each["action"]: each["allowed"] for each in found}


def test_a_card_takes_the_place_of_a_transfer(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    assert actions(customer, order)["PAY"]

    payload = customer.pay(order)

    assert (payload["order"], payload["payment"]["status"], payload["errors"]) == (
        shown(order, "CONFIRMATION", 4),
        "SUCCEEDED",
        [],
    )
    left = traces(api, order)
    left.check()
    assert left.payments == ((TRANSFER, "CANCELLED", 17868, 0), ("CARD", "SUCCEEDED", 17868, 0))
    assert [row[1] for row in left.log] == ["TRANSITION", "PAYMENT", "PAYMENT", "TRANSITION"]
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")
    assert left.charged == [("SUCCEEDED", 17868)]
    line = Line(TOTAL, reference(order))
    with unchanged(api, order):
        assert imported(staff, csv_of([line])) == counts(held=1)
    assert (held(staff, line) or {})["reason"] == "ALREADY_PAID"


def test_so_does_money_that_was_paid_in_advance(api: Api) -> None:
    customer, poor = api.customer(prepaid=20000), api.customer(prepaid=100)
    order, kept = announced(customer), announced(poor)
    assert customer.pay(order, "", "PREPAID_ACCOUNT")["order"] == shown(order, "CONFIRMATION", 4)
    left = traces(api, order)
    left.check()
    assert [payment[:2] for payment in left.payments] == [(TRANSFER, "CANCELLED"), ("PREPAID_ACCOUNT", "SUCCEEDED")]
    with unchanged(api, kept):  # what cannot pay, takes the place of nothing
        assert poor.pay(kept, "", "PREPAID_ACCOUNT")["errors"][0]["code"] == "PAYMENT_METHOD_NOT_USABLE"


def test_the_same_transfer_is_not_announced_twice(api: Api) -> None:
    customer = api.customer()
    order = announced(customer)
    with unchanged(api, order):
        payload = customer.pay(order, "", TRANSFER)
    assert payload == {"order": shown(order, "UNPAID", 2), "payment": None, "errors": [IN_PROGRESS]}


def test_after_a_card_was_declined_the_transfer_pays_all_the_same(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    assert [each["code"] for each in customer.pay(order, "sandbox_card_declined")["errors"]] == ["PAYMENT_DECLINED"]
    api.running.move_clock(timedelta(days=13))
    assert imported(staff, csv_of([Line(TOTAL, reference(order))])) == counts(settled=1)
    left = traces(api, order)
    left.check()
    assert left.payments == ((TRANSFER, "SUCCEEDED", 17868, 0), ("CARD", "FAILED", 17868, 0))


def test_what_arrives_while_the_card_is_being_paid_is_held(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    customer.pay(order, "sandbox_card_authentication")
    line = Line(TOTAL, reference(order))
    with unchanged(api, order):
        assert imported(staff, csv_of([line])) == counts(held=1)
    assert (held(staff, line) or {})["reason"] == "PAYMENT_IN_PROGRESS"
    assert customer.pay(order, "", TRANSFER)["payment"]["status"] == "PENDING"  # and back again
    left = traces(api, order)
    left.check()
    assert [payment[1] for payment in left.payments] == ["CANCELLED", "CANCELLED", "PENDING"]


@pytest.mark.parametrize("turn", range(3))
def test_of_a_card_and_a_statement_at_the_same_moment_one_pays(api: Api, turn: int) -> None:
    staff = api.staff()
    customer = api.customer()
    orders = [announced(customer) for _ in range(4)]
    lines = [Line(TOTAL, reference(order)) for order in orders]
    asked: list[Any] = list(orders)
    for at, line in enumerate(lines):
        asked.insert(2 * at + (at + turn) % 2, line)

    def act(one: Any) -> Any:
        return imported(staff, csv_of([one])) if isinstance(one, Line) else customer.pay(one)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(act, asked))

    by_line = {one.id: answer for one, answer in zip(asked, done, strict=True) if isinstance(one, Line)}
    by_card = {one["id"]: answer for one, answer in zip(asked, done, strict=True) if not isinstance(one, Line)}
    for order, line in zip(orders, lines, strict=True):
        left = traces(api, order)
        left.check()
        assert left.order[0] == "CONFIRMATION"
        statuses = {payment[0]: payment[1] for payment in left.payments}
        codes = [error["code"] for error in by_card[order["id"]]["errors"]]
        if by_line[line.id] == counts(settled=1):
            assert codes == ["ALREADY_PAID"]
            assert (statuses, left.charges) == ({TRANSFER: "SUCCEEDED"}, ())
        else:
            assert (by_line[line.id], codes) == (counts(held=1), [])
            assert (statuses, left.charged) == ({TRANSFER: "CANCELLED", "CARD": "SUCCEEDED"}, [("SUCCEEDED", 17868)])
            assert (held(staff, line) or {})["reason"] in ("PAYMENT_IN_PROGRESS", "ALREADY_PAID")
        assert left.refunds == ()
        assert left.mails.count("PAYMENT_RECEIVED") == 1
