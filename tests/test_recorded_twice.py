"""One transfer that several people see is recorded once; a second one of the same amount, where somebody says so."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.answers import plain, refused
from tests.api import Api
from tests.bank import Line, announced, csv_of, imported, reference
from tests.behind import traces, unchanged
from tests.test_record_by_reference import ALREADY_PAID, record

HELD = plain(
    refused(
        "TRANSFER_HELD",
        "A transfer of this amount is recorded for this order already. If this is another one, say so.",
        "reference",
    )
)


@pytest.mark.parametrize("first", ["by reference", "by a statement"])
def test_one_that_is_held_is_not_held_once_more_unless_it_is_another(api: Api, first: str) -> None:
    """Half of the total: seen twice, it is not the whole."""
    staff = api.staff()
    order = announced(api.customer())
    if first == "by reference":
        record(staff, reference(order), amount="89.34")
    else:
        imported(staff, csv_of([Line("89.34", reference(order))]))

    with unchanged(api, order):
        again = record(staff, order["number"], amount="89.34")
    other = record(staff, reference(order), amount="89.33")
    another = record(staff, reference(order), amount="89.34", another=True)

    assert (again["errors"], again["heldPayment"]) == ([HELD], None)
    assert [each["heldPayment"]["amount"]["amount"] for each in (other, another)] == ["89.33", "89.34"]
    held = staff.run("held_payments", filter={"orderId": order["id"]})["edges"]
    halves = [each["node"]["id"] for each in held if each["node"]["amount"]["amount"] == "89.34"]
    settled = {"heldPaymentIds": halves, "orderId": order["id"], "acceptDifference": False}
    assert staff.run("settle_held_payments", **settled)["errors"] == []
    with unchanged(api, order):
        assert record(staff, reference(order), amount="89.34")["errors"] == [HELD]
        assert record(staff, reference(order), amount="178.68")["errors"] == [ALREADY_PAID]
    twice = record(staff, reference(order), amount="178.68", another=True)
    assert twice["heldPayment"]["reason"] == "ALREADY_PAID"


def test_what_was_dismissed_or_sent_back_may_come_again(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    for ended in ("dismiss_held_payment", "return_held_payment"):
        held = record(staff, reference(order), amount="1.00")["heldPayment"]
        assert staff.run(ended, heldPaymentId=held["id"], reason="Too little.")["errors"] == []
    assert record(staff, reference(order), amount="1.00")["errors"] == []


def test_of_many_who_saw_the_same_one_one_records_it(api: Api) -> None:
    """Some record it, others import the statement that it stands in."""
    staff = api.staff()
    order = announced(api.customer())
    statement = csv_of([Line("178.68", reference(order))])

    def act(number: int) -> Any:
        return record(staff, reference(order)) if number % 2 else imported(staff, statement)

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(act, range(6)))

    recorded = [each for each in done if "payment" in each]
    lines = [each for each in done if "settled" in each]
    assert sum(each["payment"] is not None for each in recorded) + sum(each["settled"] for each in lines) == 1
    # The line is another one for all that is known: where it comes second, staff see to it.
    assert sum(each["settled"] + each["held"] for each in lines) == 1
    assert [each["heldPayment"] for each in recorded] == [None] * 3
    left = traces(api, order)
    left.check()
    assert (left.order[:2], left.payments) == (("CONFIRMATION", 3), (("BANK_TRANSFER", "SUCCEEDED", 17868, 0),))
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")
