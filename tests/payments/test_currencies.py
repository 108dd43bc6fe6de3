"""Orders whose currency Stripe counts otherwise than we do: paid, refunded and audited to the króna and the fils."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.answers import refused, shown
from tests.api import Api, Person
from tests.payments.pricing import sell
from tests.peers.stripe import KEY, StripePeer
from tests.running import run_application

NOT_THIS_AMOUNT = "This kind of payment is not possible for exactly this amount."


@pytest.fixture
def store(new_database: str, tmp_path: Path, peer: StripePeer) -> Iterator[Api]:
    """A shop with books of its own, so that the audit is of nothing else."""
    with run_application(new_database, tmp_path, **peer.environment) as shop, Api(shop) as api:
        peer.deliver_to(f"{shop.url}/webhooks/stripe")
        yield api
        peer.reset()


def an_order(store: Api, country: str, currency: str, minor: int) -> tuple[Person, dict[str, Any]]:
    """Where no tax is due, so that it costs what the product does."""
    customer = store.customer(country=country, currency=currency)
    return customer, customer.place(sell(store, currency, minor))


def told(peer: StripePeer, kind: str) -> list[tuple[str, int]]:
    return [(one["currency"], one["amount"]) for one in peer.things(kind)]


def sent(peer: StripePeer) -> int:
    """How often it was told to do something; events are looked up meanwhile, which does nothing."""
    return len([call for call in peer.state()["calls"] if call["method"] == "POST"])


def audited(store: Api) -> dict[str, Any]:
    """Of all until in a minute: the stand-in tells whole seconds only."""
    now = datetime.now(UTC)
    since, until = now - timedelta(hours=1), now + timedelta(minutes=1)
    return dict(store.staff().run("money_audit", since=since.isoformat(), until=until.isoformat()))


def differences(store: Api) -> list[tuple[str, Any, Any]]:
    """Of all that ever moved in this shop and at the stand-in: kind, ours, theirs."""
    audit = audited(store)
    assert audit["balanced"] == (audit["differences"] == [])
    return [
        (each["kind"], each["ours"] and each["ours"]["amount"], each["theirs"] and each["theirs"]["amount"])
        for each in audit["differences"]
    ]


def refund(store: Api, payment: str, **fields: Any) -> dict[str, Any]:
    return dict(store.staff().run("refund_payment", paymentId=payment, **fields))


def test_kronas_are_charged_and_refunded_as_many_as_they_are(store: Api, peer: StripePeer) -> None:
    customer, order = an_order(store, "IS", "ISK", 5_000)

    paid = customer.pay(order, "pm_card_visa")

    assert paid["order"]["status"] == "CONFIRMATION"
    assert paid["payment"]["amount"] == {"amount": "5000", "currency": "ISK"}
    assert told(peer, "payment_intents") == [("isk", 500_000)]

    part = refund(store, paid["payment"]["id"], amount="1250")

    assert part["errors"] == []
    assert part["payment"]["refunded"] == {"amount": "1250", "currency": "ISK"}
    assert told(peer, "refunds") == [("isk", 125_000)]
    peer.wait_until_quiet()
    assert differences(store) == []
    audit = audited(store)
    assert (audit["movements"], audit["atProvider"]) == (2, [{"amount": "3750", "currency": "ISK"}])


def test_dinars_that_end_in_0_are_paid_and_refunded(store: Api, peer: StripePeer) -> None:
    customer, order = an_order(store, "KW", "KWD", 12_340)

    paid = customer.pay(order, "pm_card_visa")

    assert (paid["errors"], paid["order"]["status"]) == ([], "CONFIRMATION")
    assert told(peer, "payment_intents") == [("kwd", 12_340)]

    calls = sent(peer)
    refused_refund = refund(store, paid["payment"]["id"], amount="1.235")

    why = "The payment provider cannot pay back exactly this amount. Choose another."
    assert refused_refund["errors"] == [{"code": "REFUND_NOT_POSSIBLE", "message": why, "path": ["amount"]}]
    assert refused_refund["payment"]["refunded"] == {"amount": "0.000", "currency": "KWD"}
    assert (told(peer, "refunds"), sent(peer)) == ([], calls)
    assert refund(store, paid["payment"]["id"], amount="1.230")["errors"] == []
    assert told(peer, "refunds") == [("kwd", 1_230)]
    assert differences(store) == []


def test_dinars_that_stripe_cannot_charge_are_refused_before_it_is_asked(store: Api, peer: StripePeer) -> None:
    customer, order = an_order(store, "KW", "KWD", 12_345)
    method = customer.run("add_payment_method", kind="CARD", providerToken="pm_card_visa")["paymentMethod"]["id"]
    option = customer.run("purchase_order", number=order["number"])["purchaseOrder"]["savedPaymentMethods"][0]
    assert (option["usable"], option["code"], option["reason"]) == (False, "AMOUNT_NOT_POSSIBLE", NOT_THIS_AMOUNT)
    assert NOT_THIS_AMOUNT in customer.get(f"/orders/{order['number']}.html").text
    calls = sent(peer)

    message = f"This payment method cannot pay this order: {NOT_THIS_AMOUNT}"
    for source, path in (
        ({"newMethod": {"kind": "CARD", "providerToken": "pm_card_visa"}}, ("source", "newMethod", "kind")),
        ({"savedMethodId": method}, ("source", "savedMethodId")),
    ):
        payload = customer.run("pay_order", orderId=order["id"], source=source)
        error = refused("PAYMENT_METHOD_NOT_USABLE", message, *path)
        assert payload == {"order": shown(order, "UNPAID", 1), "payment": None, "errors": [error]}

    assert (told(peer, "payment_intents"), sent(peer)) == ([], calls)
    assert customer.run("order_payments", number=order["number"])["payments"] == []
    assert customer.pay(order, "", "BANK_TRANSFER")["errors"] == []


def test_a_part_of_a_krona_fits_nothing_and_waits_for_staff(store: Api, peer: StripePeer) -> None:
    customer, order = an_order(store, "IS", "ISK", 50)
    customer.pay(order, "pm_card_authenticationRequired")
    (intent,) = peer.things("payment_intents")
    peer.change_amount(intent["id"], 5_050)

    peer.authenticate(intent["id"], approve=True)
    peer.wait_until_quiet()

    (doubt,) = store.staff().run("payments_in_doubt", first=100)["nodes"]
    assert (doubt["order"]["id"], doubt["order"]["status"]) == (order["id"], "UNPAID")
    assert doubt["atProvider"]["mismatch"] == "OTHER_AMOUNT"
    assert differences(store) == [("NOT_BOOKED", None, None)]


def test_what_others_did_at_stripe_in_a_currency_of_theirs_is_a_difference(store: Api, peer: StripePeer) -> None:
    form = {"amount": "1000", "currency": "brl", "payment_method": "pm_card_visa"}
    headers = {"Authorization": f"Bearer {KEY}"}
    httpx2.post(f"{peer.url}/v1/payment_intents", data=form, headers=headers, timeout=30).raise_for_status()

    assert differences(store) == [("UNKNOWN_CHARGE", None, None)]


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("isk", 5_050, "invalid_charge_amount_no_decimal_compatible"),
        ("kwd", 12_345, "invalid_charge_amount"),
    ],
)
def test_the_stand_in_refuses_what_stripe_refuses(peer: StripePeer, currency: str, amount: int, code: str) -> None:
    form = {"amount": str(amount), "currency": currency, "payment_method": "pm_card_visa"}
    headers = {"Authorization": f"Bearer {KEY}"}

    answer = httpx2.post(f"{peer.url}/v1/payment_intents", data=form, headers=headers, timeout=30)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert peer.things("payment_intents") == []
