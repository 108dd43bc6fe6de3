"""Confirming an order: staff have verified it; nobody else can, no other status allows it, and of two only one does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from models.account import AccountKind
from tests.answers import STAFF_MAY, done, illegal, not_found, shown, version_conflict
from tests.api import Api
from tests.behind import traces, unchanged


def test_delivery_begins(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")

    assert staff.run("confirm_order", orderId=order["id"]) == done(order, "BEING_PROCESSED", 4)

    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("CONFIRMATION", "BEING_PROCESSED", "STAFF")
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")


def test_case_10_what_is_not_to_be_confirmed_stays_as_it_is(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    expired = customer.place("server")
    api.running.move_clock(timedelta(days=1))
    api.running.relay_once()
    unpaid, confirmed, complete = customer.place("server"), customer.place_and_pay(), customer.place_and_pay()
    for order in (confirmed, complete):
        staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=complete["id"])
    found = {
        "UNPAID": (unpaid, 1),
        "EXPIRED": (expired, 2),
        "BEING_PROCESSED": (confirmed, 4),
        "COMPLETE": (complete, 5),
    }

    with unchanged(api, *(order for order, _ in found.values())):
        for status, (order, version) in found.items():
            assert staff.run("confirm_order", orderId=order["id"]) == {
                "order": shown(order, status, version),
                "errors": [illegal(status, *STAFF_MAY[status])],
            }


def test_case_11_of_two_staff_at_once_one_wins(api: Api) -> None:
    customer, one, other = api.customer(), api.staff(), api._person(AccountKind.STAFF)
    for _ in range(8):
        order = customer.place_and_pay("server")
        known = {"orderId": order["id"], "expectedVersion": 3}
        with ThreadPoolExecutor(2) as pool:
            confirming = pool.submit(one.run, "confirm_order", **known)
            refusing = pool.submit(other.run, "refuse_order", reason="No.", **known)
            payloads = [confirming.result(), refusing.result()]

        status, version, _ = traces(api, order).order
        assert (status, version) in {("BEING_PROCESSED", 4), ("CANCELLED", 5)}
        (lost,) = [payload for payload in payloads if payload["errors"]]
        assert lost == {
            "order": shown(order, status, version),
            "errors": [version_conflict(order, status, version)],
        }
        traces(api, order).check()


def test_without_a_version_the_table_of_moves_decides(api: Api) -> None:
    """Confirming and asking for documents at once exclude each other, whoever is first."""
    customer, staff = api.customer(), api.staff()
    for _ in range(8):
        order = customer.place_and_pay("server")
        with ThreadPoolExecutor(2) as pool:
            confirming = pool.submit(staff.run, "confirm_order", orderId=order["id"])
            asking = pool.submit(staff.run, "request_documents", orderId=order["id"], documents=["IDENTITY"])
            payloads = [confirming.result(), asking.result()]

        status = traces(api, order).order[0]
        (lost,) = [payload for payload in payloads if payload["errors"]]
        assert lost == {"order": shown(order, status, 4), "errors": [illegal(status, *STAFF_MAY[status])]}


def test_an_unknown_order_is_not_found(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    for unknown in ("", "T3JkZXI6bm90aGluZw", customer.account.id.hex):
        payload = staff.run("confirm_order", orderId=unknown)
        assert payload == {"order": None, "errors": [not_found("order", "orderId")]}
