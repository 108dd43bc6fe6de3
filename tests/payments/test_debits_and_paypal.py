"""Direct debits and PayPal at Stripe, from `payOrder` to what the webhook makes of them, be it days later."""

from datetime import timedelta
from typing import Any

import httpx2

from tests.answers import shown
from tests.api import Api, Person
from tests.peers.processes import eventually
from tests.peers.stripe import StripePeer


def second_order(store: Api) -> tuple[Person, dict[str, Any]]:
    """A debit is not for an account's first."""
    customer = store.customer()
    assert customer.pay(customer.place("book"), "pm_card_visa")["order"]["status"] == "CONFIRMATION"
    return customer, customer.place("server")


def attempts(customer: Person, order: dict[str, Any]) -> list[tuple[str, str | None]]:
    payments = customer.run("order_payments", number=order["number"])["payments"]
    return [(each["status"], each["failureReason"]) for each in payments]


def status(customer: Person, order: dict[str, Any]) -> str:
    return str(customer.run("purchase_order", number=order["number"])["status"])


def at_stripe(peer: StripePeer) -> tuple[str, int, int]:
    """What has become there of the latest intent."""
    latest = peer.things("payment_intents")[0]
    return latest["status"], latest["amount"], latest["amount_received"]


def begin_debit(customer: Person, order: dict[str, Any], token: str) -> None:
    payload = customer.pay(order, token, "SEPA_DIRECT_DEBIT")
    assert payload["errors"] == []
    assert (payload["payment"]["status"], payload["payment"]["nextActionUrl"]) == ("PENDING", None)
    assert payload["order"]["status"] == "UNPAID"


def test_a_debit_pays_the_order_once_it_arrives_days_later(store: Api, peer: StripePeer) -> None:
    customer, order = second_order(store)
    peer.hold_debits()
    begin_debit(customer, order, "pm_success_de")
    store.running.move_clock(timedelta(days=5))
    store.running.relay_once()
    assert (status(customer, order), attempts(customer, order)) == ("UNPAID", [("PENDING", None)])

    peer.hold_debits(False)

    eventually(lambda: status(customer, order) == "CONFIRMATION", what="the debit is told of")
    assert attempts(customer, order) == [("SUCCEEDED", None)]
    assert at_stripe(peer) == ("succeeded", 17_868, 17_868)
    assert peer.things("refunds") == []


def test_a_debit_that_fails_days_later_leaves_the_order_unpaid_until_it_expires(store: Api, peer: StripePeer) -> None:
    customer, order = second_order(store)
    peer.hold_debits()
    begin_debit(customer, order, "pm_failed_de")
    store.running.move_clock(timedelta(days=5))
    store.running.relay_once()
    assert (status(customer, order), attempts(customer, order)) == ("UNPAID", [("PENDING", None)])

    peer.hold_debits(False)

    eventually(lambda: attempts(customer, order)[0][0] == "FAILED", what="the failure is told of")
    assert status(customer, order) == "UNPAID"
    assert at_stripe(peer) == ("canceled", 17_868, 0)
    store.running.relay_once()
    assert status(customer, order) == "EXPIRED"
    assert peer.things("refunds") == []


def begin_paypal(customer: Person, order: dict[str, Any], peer: StripePeer, **fields: Any) -> str:
    """The address of PayPal's page."""
    new_method = {"kind": "PAYPAL", "providerToken": "pm_paypal", **fields}
    back = f"{customer.api.url}/back"
    payload = customer.run("pay_order", orderId=order["id"], source={"newMethod": new_method}, returnUrl=back)
    assert payload["errors"] == []
    assert payload["payment"]["status"] == "ACTION_REQUIRED"
    url = str(payload["payment"]["nextActionUrl"])
    assert url.startswith(f"{peer.url}/authenticate/")
    return url


def answer(url: str, what: str) -> str:
    """Where the customer is sent back to."""
    response = httpx2.post(url, data={"answer": what}, timeout=30)
    assert response.status_code == 303
    return response.headers["location"].partition("?")[0]


def test_paypal_pays_once_its_page_has_been_approved(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    order = customer.place("server")
    url = begin_paypal(customer, order, peer)
    assert at_stripe(peer) == ("requires_action", 17_868, 0)

    assert answer(url, "approve") == f"{store.url}/back"

    eventually(lambda: status(customer, order) == "CONFIRMATION", what="the payment is told of")
    assert attempts(customer, order) == [("SUCCEEDED", None)]
    assert at_stripe(peer) == ("succeeded", 17_868, 17_868)


def test_paypal_that_is_refused_pays_nothing_and_the_order_waits(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    order = customer.place("server")
    url = begin_paypal(customer, order, peer)

    answer(url, "refuse")

    eventually(lambda: attempts(customer, order)[0][0] == "FAILED", what="the refusal is told of")
    assert status(customer, order) == "UNPAID"
    assert at_stripe(peer) == ("canceled", 17_868, 0)


def test_paypal_that_is_saved_pays_again_without_asking(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    order = customer.place("server")
    answer(begin_paypal(customer, order, peer, save=True), "approve")
    eventually(lambda: status(customer, order) == "CONFIRMATION", what="the payment is told of")
    again = customer.place("book")
    (option,) = customer.run("purchase_order", number=again["number"])["purchaseOrder"]["savedPaymentMethods"]
    assert (option["method"]["label"], option["usable"]) == ("PayPal", True)

    payload = customer.run("pay_order", orderId=again["id"], source={"savedMethodId": option["method"]["id"]})

    assert (payload["errors"], payload["order"]) == ([], shown(again, "CONFIRMATION", 3))
