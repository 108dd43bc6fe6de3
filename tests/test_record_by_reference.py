"""Transfers that staff record by their reference: what fits settles its order, all else is held; each counts once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from stdnum import iso11649

from tests.answers import invalid, not_found, plain, refused, shown
from tests.api import Api, Person
from tests.bank import announced, reference
from tests.behind import traces, unchanged
from tests.test_held_money_booked import booked
from tests.test_held_payments import by_staff, last_change, settle

TOTAL = {"amount": "178.68", "currency": "EUR"}
HELD = "A bank transfer that does not settle the order was recorded; it is held."
ALREADY_PAID = plain(refused("ALREADY_PAID", "The order has been paid already.", "reference"))


def record(staff: Person, reference: str, **fields: Any) -> dict[str, Any]:
    return dict(staff.run("record_bank_transfer_by_reference", reference=reference, **fields))


def payments(person: Person, order: dict[str, Any]) -> list[dict[str, Any]]:
    return list(person.run("order_payments", number=order["number"])["payments"])


def without_id(node: dict[str, Any]) -> dict[str, Any]:
    assert node["id"]
    return {name: value for name, value in node.items() if name != "id"}


@pytest.mark.parametrize("spelling", ["reference", "spaced", "number"])
@pytest.mark.parametrize("amount", [{}, {"amount": "178.68"}, {"amount": "178.680", "currency": "eur"}])
def test_what_fits_settles_its_order(api: Api, spelling: str, amount: dict[str, str]) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)
    whole = reference(order)
    written = {"reference": whole, "spaced": f" {iso11649.format(whole).lower()} ", "number": order["number"]}[spelling]

    payload = record(staff, written, **amount)

    (payment,) = payments(customer, order)
    paid = {"id": payment["id"], "status": "SUCCEEDED", "amount": TOTAL}
    assert payload == {
        "payment": paid,
        "heldPayment": None,
        "order": shown(order, "CONFIRMATION", 3),
        "errors": [],
    }
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("UNPAID", "CONFIRMATION", "STAFF")
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")
    assert last_change(staff, order) == by_staff(3, "TRANSITION", None)
    with unchanged(api, order):  # whoever sees the same one once more
        again = record(staff, whole)
    assert again == {**payload, "payment": None, "errors": [ALREADY_PAID]}


def test_one_that_was_never_announced_pays_all_the_same(api: Api) -> None:
    order = api.customer().place("server")
    payload = record(api.staff(), order["number"], amount="178.68")
    assert (payload["payment"]["status"], payload["order"]["status"], payload["errors"]) == (
        "SUCCEEDED",
        "CONFIRMATION",
        [],
    )
    traces(api, order).check()


@pytest.mark.parametrize(
    ("reason", "amount", "currency", "minor"),
    [
        ("UNDERPAID", "178.67", "EUR", 17867),
        ("OVERPAID", "200.00", "EUR", 20000),
        ("WRONG_CURRENCY", "178.68", "USD", 17868),
    ],
)
def test_what_does_not_fit_is_held_with_its_reason(
    api: Api, reason: str, amount: str, currency: str, minor: int
) -> None:
    customer, staff = api.customer(), api.staff()
    order = announced(customer)

    payload = record(staff, reference(order), amount=amount, currency=currency)

    kept = payload["heldPayment"]
    assert without_id(kept) == {
        "source": "staff",
        "reason": reason,
        "amount": {"amount": amount, "currency": currency},
    }
    assert payload == {"payment": None, "heldPayment": kept, "order": shown(order, "UNPAID", 3), "errors": []}
    assert last_change(staff, order) == by_staff(3, "PAYMENT", HELD)
    assert [each["status"] for each in payments(customer, order)] == ["PENDING"]
    assert booked(api, kept["id"]) == [("HELD_RECEIVED", "BANK", "HELD", minor)]
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED")
    (listed,) = staff.run("held_payments", filter={"orderId": order["id"]})["edges"]
    assert listed["node"]["id"] == kept["id"]
    assert (listed["node"]["text"], listed["node"]["bookedOn"]) == (reference(order), None)


def test_what_is_held_is_settled_like_any_other(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    kept = record(staff, order["number"], amount="100.00")["heldPayment"]
    assert settle(staff, order, kept["id"], accept=True)["errors"] == []
    left = traces(api, order)
    assert (left.order[0], left.payments) == ("CONFIRMATION", (("BANK_TRANSFER", "SUCCEEDED", 10000, 0),))
    assert booked(api, kept["id"]) == [
        ("HELD_RECEIVED", "BANK", "HELD", 10000),
        ("HELD_RELEASED", "HELD", "BANK", 10000),
    ]


def test_money_for_an_order_that_does_not_wait_for_it_is_held(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    paid, ended, waiting = customer.place_and_pay("server"), announced(customer), customer.place("server")
    assert customer.run("cancel_order", orderId=ended["id"])["errors"] == []
    customer.pay(waiting, "sandbox_card_authentication")
    orders = {"ALREADY_PAID": paid, "ORDER_ENDED": ended, "PAYMENT_IN_PROGRESS": waiting}
    before = {reason: traces(api, order) for reason, order in orders.items()}

    found = {reason: record(staff, reference(order)) for reason, order in orders.items()}

    for reason, payload in found.items():
        assert without_id(payload["heldPayment"]) == {"source": "staff", "reason": reason, "amount": TOTAL}
        assert (payload["payment"], payload["errors"]) == (None, [])
        left = traces(api, orders[reason])
        left.check()
        assert (left.order[0], left.payments, left.mails) == (
            before[reason].order[0],
            before[reason].payments,
            before[reason].mails,
        )
        assert last_change(staff, orders[reason]) == by_staff(left.order[1], "PAYMENT", HELD)


def test_the_same_key_counts_once_and_for_one_transfer(api: Api) -> None:
    staff = api.staff()
    order, other = announced(api.customer()), announced(api.customer())

    def ask(_: int) -> dict[str, Any]:
        return record(staff, reference(order), amount="100.00", idempotencyKey=order["id"])

    with ThreadPoolExecutor(6) as pool:
        payloads = list(pool.map(ask, range(6)))

    assert all(payload == payloads[0] for payload in payloads)
    assert payloads[0]["heldPayment"]["reason"] == "UNDERPAID"
    assert staff.run("held_payments", filter={"orderId": order["id"]})["totalCount"] == 1
    traces(api, order).check()
    settled = record(staff, reference(other), idempotencyKey=other["id"])
    assert record(staff, reference(other), idempotencyKey=other["id"]) == settled
    with unchanged(api, order, other):
        reused = record(staff, reference(order), amount="100.01", idempotencyKey=order["id"])
    assert [error["code"] for error in reused["errors"]] == ["IDEMPOTENCY_MISMATCH"]
    assert (reused["payment"], reused["heldPayment"]) == (None, None)


NEITHER = plain(invalid("This is neither the reference of a transfer nor an order's number.", "reference"))
NO_AMOUNT = plain(invalid("This is no amount of the payment's currency.", "amount"))
NO_CURRENCY = plain(invalid("This currency is unknown.", "currency"))


def test_what_cannot_be_recorded_is_refused(api: Api) -> None:
    staff = api.staff()
    order = announced(api.customer())
    whole = reference(order)
    wrong = f"RF{(int(whole[2:4]) + 1) % 100:02}{order['number']}"
    with unchanged(api, order):
        for text in (wrong, whole[:-1], "RF18539007547034", f"{whole} {whole}", "?"):
            payload = record(staff, text)
            assert payload == {"payment": None, "heldPayment": None, "order": None, "errors": [NEITHER]}, text
        unknown = record(staff, "0000000001")
        assert unknown["errors"] == [plain(not_found("order", "reference"))]
        for fields, error in (
            ({"amount": "0.00"}, NO_AMOUNT),
            ({"amount": "-1.00"}, NO_AMOUNT),
            ({"amount": "1.001"}, NO_AMOUNT),
            ({"currency": "USD"}, NO_AMOUNT),
            ({"amount": "1.00", "currency": "XXX"}, NO_CURRENCY),
        ):
            payload = record(staff, whole, **fields)
            assert payload == {
                "payment": None,
                "heldPayment": None,
                "order": shown(order, "UNPAID", 2),
                "errors": [error],
            }, fields
    assert staff.run("held_payments", filter={"orderId": order["id"]})["totalCount"] == 0


def test_an_order_that_costs_nothing_waits_for_no_money(api: Api) -> None:
    staff, order = api.staff(), api.customer().place("gift")
    with unchanged(api, order):
        assert record(staff, order["number"])["errors"] == [NO_AMOUNT]
