"""Bank transfers: announced by the customer, and paid when staff see the money."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from tests.answers import plain, refused
from tests.api import Api, Person
from tests.behind import traces, unchanged

ALREADY_PAID = plain(refused("ALREADY_PAID", "The order has been paid already.", "paymentId"))
NOT_FOUND = plain(refused("NOT_FOUND", "There is no such payment.", "paymentId"))


def announced(customer: Person) -> tuple[dict[str, Any], str]:
    """An order and the id of its transfer."""
    order = customer.place("server")
    payload = customer.pay(order, "", "BANK_TRANSFER")
    assert (payload["payment"]["status"], payload["errors"]) == ("PENDING", [])
    return order, payload["payment"]["id"]


def recorded(order: dict[str, Any], payment: str, status: str = "CONFIRMATION") -> dict[str, Any]:
    return {"id": payment, "status": "SUCCEEDED", "order": {"id": order["id"], "status": status}}


def test_the_order_is_paid_when_the_money_is_there(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = announced(customer)
    assert traces(api, order).order[:2] == ("UNPAID", 2)

    payload = staff.run("record_bank_transfer", paymentId=payment)

    assert payload == {"payment": recorded(order, payment), "errors": []}
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("UNPAID", "CONFIRMATION", "STAFF")
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")
    assert left.charges == ()
    with unchanged(api, order):
        again = staff.run("record_bank_transfer", paymentId=payment)
    assert again == {"payment": recorded(order, payment), "errors": [ALREADY_PAID]}


def test_it_counts_after_the_order_would_have_expired(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = announced(customer)
    api.running.move_clock(timedelta(days=10))
    api.running.relay_once()
    assert staff.run("record_bank_transfer", paymentId=payment)["payment"] == recorded(order, payment)


def test_of_two_at_once_one_records_it(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = announced(customer)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(staff.run, "record_bank_transfer", paymentId=payment) for _ in range(6)]
        payloads = [each.result() for each in asked]
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1, 1, 1, 1, 1]
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")


def test_only_a_transfer_is_recorded(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    by_card = customer.pay(order, "sandbox_card_authentication")["payment"]
    with unchanged(api, order):
        for unknown in ("", order["id"]):
            payload = staff.run("record_bank_transfer", paymentId=unknown)
            assert payload == {"payment": None, "errors": [NOT_FOUND]}
        payload = staff.run("record_bank_transfer", paymentId=by_card["id"])
        assert payload["errors"] == [NOT_FOUND]
