"""Held payments: staff settle them to an order, send them back or dismiss them, each once, and it is known who did."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from models.held import HeldReason
from tests.answers import plain, refused
from tests.api import QUERIES, Api, Person
from tests.bank import Line, announced, csv_of, held, hold, imported, reference
from tests.behind import traces, unchanged

RESOLVED = refused("HELD_PAYMENT_RESOLVED", "This payment has been resolved already.")
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


def settle(staff: Person, order: dict[str, Any], *ids: str, accept: bool = False) -> dict[str, Any]:
    return dict(
        staff.run("settle_held_payments", heldPaymentIds=list(ids), orderId=order["id"], acceptDifference=accept)
    )


def last_change(staff: Person, order: dict[str, Any]) -> dict[str, Any]:
    """Whole, but for the moment and the id of who it was."""
    last = dict(staff.run("order_history", number=order["number"])["changes"][-1])
    assert last.pop("at")
    return {**last, "staff": last["staff"]["name"]}


def by_staff(version: int, kind: str, reason: str | None) -> dict[str, Any]:
    return {"version": version, "kind": kind, "actor": "STAFF", "staff": "Robin Example", "reason": reason}


def test_what_came_without_a_reference_is_settled_to_its_order(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    line = Line("178.68", "for my server")
    payment = hold(api, line)

    payload = settle(staff, order, payment)

    assert payload["errors"] == []
    assert (payload["order"]["status"], payload["order"]["version"]) == ("CONFIRMATION", 3)
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("UNPAID", "CONFIRMATION", "STAFF")
    found = held(staff, line, resolved=True)
    assert found is not None
    assert (found["resolution"], found["order"]["number"]) == ("SETTLED", order["number"])
    assert (found["resolvedBy"]["name"], found["payment"]["status"]) == ("Robin Example", "SUCCEEDED")
    assert held(staff, line, resolved=False) is None


@pytest.mark.parametrize(("amount", "paid", "left_over"), [("100.00", 10000, 0), ("200.00", 20000, 2132)])
def test_a_difference_has_to_be_accepted(api: Api, amount: str, paid: int, left_over: int) -> None:
    staff = api.staff()
    order = announced(api.customer())
    payment = hold(api, Line(amount, reference(order)))

    with unchanged(api, order):
        (error,) = settle(staff, order, payment)["errors"]
    assert (error["code"], error["path"]) == ("AMOUNT_DIFFERS", ["acceptDifference"])
    assert f"€{amount} was received" in error["message"]
    payload = settle(staff, order, payment, accept=True)

    assert payload["errors"] == []
    assert payload["order"]["status"] == "CONFIRMATION"
    left = traces(api, order)
    status = "PARTIALLY_REFUNDED" if left_over else "SUCCEEDED"
    assert left.payments == (("BANK_TRANSFER", status, paid, left_over),)
    # What was too much is owed until staff have sent it back.
    assert left.refunds == ((("PENDING", left_over),) if left_over else ())
    assert left.mails[2:] == ("PAYMENT_RECEIVED",)
    noted = ("REFUND", "More was paid than") if left_over else ("PAYMENT", "Less was paid than")
    more = "." if left_over else "; staff have accepted that."
    assert last_change(staff, order) == by_staff(4, noted[0], f"{noted[1]} the order's total{more}")
    # What was too much was never invoiced, so no credit note takes it off.
    assert staff.run("confirm_order", orderId=order["id"])["errors"] == []
    assert staff.run("complete_order", orderId=order["id"])["errors"] == []
    assert traces(api, order).documents == (("INVOICE", 17868),)
    # And what is given back later is never more than there is.
    assert staff.run("refund_payment", paymentId=payload["heldPayments"][0]["payment"]["id"])["errors"] == []
    assert traces(api, order).payments == (("BANK_TRANSFER", "REFUNDED", paid, paid),)


@pytest.mark.parametrize(("language", "shown"), [("de", "100,00\u00a0€"), ("fr", "100,00\u00a0€"), ("en", "€100.00")])
def test_a_difference_is_told_as_the_reader_writes_amounts(api: Api, language: str, shown: str) -> None:
    order = announced(api.customer())
    fields = {
        "heldPaymentIds": [hold(api, Line("100.00", reference(order)))],
        "orderId": order["id"],
        "acceptDifference": False,
    }
    document = (QUERIES / "settle_held_payments.graphql").read_text()
    answer = api.staff().send(document, {"input": fields}, **{"accept-language": language})
    (error,) = answer["data"]["settleHeldPayments"]["errors"]
    assert shown in error["message"]


def test_an_order_paid_in_two_parts_is_paid(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    ids = [hold(api, Line(amount, reference(order))) for amount in ("100.00", "78.68")]
    payload = settle(staff, order, *ids)
    assert payload["errors"] == []
    assert [each["resolution"] for each in payload["heldPayments"]] == ["SETTLED", "SETTLED"]
    traces(api, order).check()


def test_of_many_at_once_one_resolves_it(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    payment = hold(api, Line("178.68", reference(order), currency="EUR").again(text="?"))

    def act(number: int) -> dict[str, Any]:
        if number % 2:
            return dict(staff.run("dismiss_held_payment", heldPaymentId=payment, reason="No."))
        return settle(staff, order, payment)

    with ThreadPoolExecutor(6) as pool:
        payloads = list(pool.map(act, range(6)))
    assert sorted(len(each["errors"]) for each in payloads) == [0, 1, 1, 1, 1, 1]
    assert {error["code"] for each in payloads for error in each["errors"]} == {"HELD_PAYMENT_RESOLVED"}
    traces(api, order).check()


def test_what_is_sent_back_is_told_to_the_customer(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    payment = hold(api, Line("178.68", reference(order), currency="USD"))

    payload = staff.run("return_held_payment", heldPaymentId=payment, reason="We take euros.")

    assert payload["errors"] == []
    assert payload["order"] == {"id": order["id"], "number": order["number"], "version": 3, "status": "UNPAID"}
    assert [each["resolution"] for each in payload["heldPayments"]] == ["RETURNED"]
    left = traces(api, order)
    left.check()
    assert left.log[-1][1::4] == ("PAYMENT", "STAFF")
    assert last_change(staff, order) == by_staff(3, "PAYMENT", "We take euros.")
    assert left.mails[-1] == "REFUNDED"
    with unchanged(api, order):
        again = staff.run("return_held_payment", heldPaymentId=payment)
    assert again["errors"] == [{**plain(RESOLVED), "path": ["heldPaymentId"]}]


def test_why_it_was_dismissed_stands_in_its_order(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    payment = hold(api, Line("0.01", reference(order)))
    assert staff.run("dismiss_held_payment", heldPaymentId=payment, reason="A test of their bank")["errors"] == []
    assert last_change(staff, order) == by_staff(3, "PAYMENT", "A test of their bank")
    assert customer.run("order_history", number=order["number"])["changes"] is None
    traces(api, order).check()


def test_what_fits_exactly_is_noted_once(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    settle(staff, order, hold(api, Line("178.68", "?")), accept=True)
    assert last_change(staff, order) == by_staff(3, "TRANSITION", None)


def test_what_is_dismissed_says_why(api: Api) -> None:
    staff = api.staff()
    line = Line("0.42", "Interest")
    payment = hold(api, line)
    empty = staff.run("dismiss_held_payment", heldPaymentId=payment, reason=" ")
    assert [(each["code"], each["path"]) for each in empty["errors"]] == [("INVALID_INPUT", ["reason"])]
    payload = staff.run("dismiss_held_payment", heldPaymentId=payment, reason="Interest of the bank")
    assert payload["errors"] == []
    assert payload["order"] is None
    assert [(each["resolution"], each["note"]) for each in payload["heldPayments"]] == [
        ("DISMISSED", "Interest of the bank")
    ]


def test_what_cannot_pay_the_order_is_refused(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    paid, ended, waiting = customer.place_and_pay("server"), customer.place("server"), customer.place("server")
    customer.run("cancel_order", orderId=ended["id"])
    customer.pay(waiting, "sandbox_card_authentication")
    euros, dollars = hold(api, Line("178.68")), hold(api, Line("178.68", currency="USD"))
    open_order = announced(customer)
    with unchanged(api, paid, ended, waiting, open_order):
        codes = [
            settle(staff, order, *ids)["errors"][0]["code"]
            for order, ids in (
                (paid, [euros]),
                (ended, [euros]),
                (waiting, [euros]),
                (open_order, [dollars]),
                (open_order, [euros, euros]),
                (open_order, []),
                (open_order, [open_order["id"]]),
                ({"id": "x"}, [euros]),
            )
        ]
    assert codes == [
        "ALREADY_PAID",
        "ILLEGAL_TRANSITION",
        "PAYMENT_IN_PROGRESS",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "NOT_FOUND",
        "NOT_FOUND",
    ]


def test_the_list_is_read_in_pages_and_by_reason(api: Api) -> None:
    staff = api.staff()
    lines = [Line("1.00", str(number)) for number in range(5)]
    assert imported(staff, csv_of(lines))["held"] == 5
    filters = {"reason": ["UNKNOWN_REFERENCE"]}
    whole = staff.run("held_payments", first=100, filter=filters)
    assert all(edge["node"]["reason"] == "UNKNOWN_REFERENCE" for edge in whole["edges"])
    assert whole["totalCount"] >= 5
    second = staff.run("held_payments", first=1, filter=filters, after=whole["edges"][0]["cursor"])
    assert second["edges"][0]["node"]["id"] == whole["edges"][1]["node"]["id"]
    assert staff.run("held_payments", filter={"reason": []})["edges"] == []
    every = staff.run("held_payments", filter={"reason": [reason.value for reason in HeldReason], "resolved": None})
    assert every["edges"] != []


def test_what_is_held_of_one_order_is_found_by_it(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    payment = hold(api, Line("1.00", reference(order)))
    found = staff.run("held_payments", filter={"orderId": order["id"]})
    assert ([edge["node"]["id"] for edge in found["edges"]], found["totalCount"]) == ([payment], 1)
    assert staff.run("held_payments", filter={"orderId": order["id"], "resolved": True})["edges"] == []
    answer = staff.send('{ heldPayments(filter: {orderId: "x"}) { totalCount } }')
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_held_payments_are_for_staff(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    payment = hold(api, Line("1.00", reference(order)))
    assert customer.send(NODE, {"id": payment}) == {"data": {"node": None}}
    assert staff.send(NODE, {"id": payment}) == {"data": {"node": {"__typename": "HeldPayment", "id": payment}}}
    answer = customer.send("{ heldPayments { totalCount } }")
    assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == ({"heldPayments": None}, "FORBIDDEN")
