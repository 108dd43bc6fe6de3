"""Bank transfers: announced by the customer, and paid when staff see the money."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from models.payment import Payment
from ordering.transfers import give_up_transfer
from schema.ids import uuid_of
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
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")
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


def overdue(api: Api, customer: Person, *, expired: bool) -> tuple[dict[str, Any], str]:
    """An order whose transfer was given up, and the transfer's id; the order's own time may be over too."""
    order = customer.place("server")
    api.running.move_clock(timedelta(hours=23))
    payment = customer.pay(order, "", "BANK_TRANSFER")["payment"]["id"]
    if expired:
        api.running.move_clock(timedelta(days=14))
        api.running.relay_once()
    else:
        api.running.do(_give_up(api, payment))
    return order, payment


async def _give_up(api: Api, payment: str) -> None:
    async with api.running.database.writing() as tx:
        transfer = await tx.session.get_one(Payment, uuid_of(payment, "Payment"))
        transfer.next_check_at = tx.now
        await tx.session.flush()
        await give_up_transfer(tx, payment_id=uuid_of(payment, "Payment"))


def test_what_comes_after_its_deadline_pays_an_order_that_still_waits(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = overdue(api, customer, expired=False)
    assert [each[1] for each in traces(api, order).payments] == ["FAILED"]
    payload = staff.run("record_bank_transfer", paymentId=payment)
    assert payload == {"payment": recorded(order, payment), "errors": []}
    (shown,) = customer.run("order_payments", number=order["number"])["payments"]
    assert shown["failureReason"] is None
    traces(api, order).check()


def test_what_comes_after_the_order_has_ended_goes_back(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = overdue(api, customer, expired=True)
    payload = staff.run("record_bank_transfer", paymentId=payment)
    assert payload["errors"] == []
    left = traces(api, order)
    left.check()
    assert left.order[0] == "EXPIRED"
    assert left.refunds == (("PENDING", 17868),)
    with unchanged(api, order):
        again = staff.run("record_bank_transfer", paymentId=payment)
    assert again["errors"] == [ALREADY_PAID]


def test_what_comes_while_another_attempt_is_under_way_goes_back(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = overdue(api, customer, expired=False)
    customer.pay(order, "sandbox_card_authentication")
    assert staff.run("record_bank_transfer", paymentId=payment)["payment"]["order"]["status"] == "UNPAID"
    left = traces(api, order)
    left.check()
    assert [each[1] for each in left.payments] == ["REFUNDED", "ACTION_REQUIRED"]


def test_a_payment_that_was_declined_is_no_transfer_to_record(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = overdue(api, customer, expired=False)
    customer.pay(order, "sandbox_card_declined")
    declined = customer.run("order_payments", number=order["number"])["payments"]
    (card,) = [each["id"] for each in declined if each["id"] != payment]
    with unchanged(api, order):
        assert staff.run("record_bank_transfer", paymentId=card)["errors"] == [NOT_FOUND]


def test_of_two_at_once_one_records_it(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order, payment = announced(customer)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(staff.run, "record_bank_transfer", paymentId=payment) for _ in range(6)]
        payloads = [each.result() for each in asked]
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1, 1, 1, 1, 1]
    left = traces(api, order)
    left.check()
    assert left.mails == ("ORDER_PLACED", "TRANSFER_ANNOUNCED", "PAYMENT_RECEIVED")


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
