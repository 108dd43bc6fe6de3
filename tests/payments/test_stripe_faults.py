"""What goes wrong between us and Stripe: answers lost, errors, limits, waits. Nothing is charged twice or forgotten."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from uuid_utils.compat import uuid7

import gateways.payments.stripe.client as stripe_client
from gateways.payments import ChargeStatus, ProviderRefusal, ProviderUnavailable
from gateways.payments.stripe.provider import Stripe
from tests.api import Api
from tests.payments.counter import Counter
from tests.peers.stripe import KEY, StripePeer


def intents_of(peer: StripePeer, key: str) -> list[str]:
    """What became of each charge under this key, as Stripe itself has it."""
    found = [one for one in peer.things("payment_intents") if one["metadata"].get("attempt") == key]
    return [one["status"] for one in found]


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 500}, {"status": 503}])
def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(
    at_stripe: Counter, peer: StripePeer, fault: dict[str, int]
) -> None:
    key = str(uuid7())
    peer.fault("after", **fault)

    charge = at_stripe.charge(key=key)

    assert charge.status is ChargeStatus.SUCCEEDED
    assert intents_of(peer, key) == ["succeeded"]
    sent = [call["key"] for call in peer.state()["calls"] if call["attempt"] == key]
    assert len(sent) == 2
    assert len(set(sent)) == 1


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 500}, {"status": 503}])
def test_a_call_that_never_arrived_is_made_again(at_stripe: Counter, peer: StripePeer, fault: dict[str, int]) -> None:
    key = str(uuid7())
    peer.fault("before", **fault)

    assert at_stripe.charge(key=key).status is ChargeStatus.SUCCEEDED
    assert intents_of(peer, key) == ["succeeded"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_tries_end_and_what_came_of_them_is_found_later(at_stripe: Counter, peer: StripePeer, when: str) -> None:
    key, begun = str(uuid7()), at_stripe.now()
    peer.fault(when, drop=True, times=3)

    with pytest.raises(ProviderUnavailable):
        at_stripe.charge(key=key, begun_at=begun)

    assert intents_of(peer, key) == ([] if when == "before" else ["succeeded"])
    assert at_stripe.charge(key=key, begun_at=begun).status is ChargeStatus.SUCCEEDED
    assert intents_of(peer, key) == ["succeeded"]


def test_an_answer_that_cannot_be_unpacked_is_none(api: Api) -> None:
    """What stands between us and Stripe has cut it off."""

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"none")

        def log_message(self, *_: object) -> None:
            """Nothing: it is asked on purpose."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        stripe = Stripe(api.running.database, secret_key=KEY, webhook_secrets=[], public_url=api.url, api_base=base)
        with pytest.raises(ProviderUnavailable):
            api.running.do(stripe.retrieve("pi_1"))
        api.running.do(stripe.close())
        server.shutdown()


def test_what_was_charged_is_found_after_stripe_has_forgotten_its_key(at_stripe: Counter, peer: StripePeer) -> None:
    key, begun = str(uuid7()), at_stripe.now() - timedelta(days=2)
    peer.fault("after", drop=True, times=3)
    with pytest.raises(ProviderUnavailable):
        at_stripe.charge(key=key)
    peer.forget_keys()

    charge = at_stripe.charge(key=key, begun_at=begun)

    assert charge.status is ChargeStatus.SUCCEEDED
    assert intents_of(peer, key) == ["succeeded"]


def test_what_stripe_may_have_forgotten_is_not_sent_again(at_stripe: Counter, peer: StripePeer) -> None:
    key, begun = str(uuid7()), at_stripe.now() - timedelta(hours=23, minutes=1)

    with pytest.raises(ProviderRefusal, match="attempt_too_old"):
        at_stripe.charge(key=key, begun_at=begun)

    assert intents_of(peer, key) == []


def test_too_many_requests_change_nothing_and_can_be_asked_again(at_stripe: Counter, peer: StripePeer) -> None:
    key = str(uuid7())
    peer.fault("before", status=429, times=3)

    with pytest.raises(ProviderUnavailable):
        at_stripe.charge(key=key)
    assert intents_of(peer, key) == []
    peer.reset()

    assert at_stripe.charge(key=key).status is ChargeStatus.SUCCEEDED


def test_an_error_that_stripe_keeps_with_the_key_is_asked_about_for_an_hour_and_not_for_a_day(
    at_stripe: Counter, peer: StripePeer
) -> None:
    """Under the same key it would be told until that is forgotten; another key might charge twice."""
    key = str(uuid7())
    peer.fault("before", status=500, remember=True)
    for age in (timedelta(), timedelta(minutes=50)):
        with pytest.raises(ProviderUnavailable):
            at_stripe.charge(key=key, begun_at=at_stripe.now() - age)

    with pytest.raises(ProviderRefusal, match="processing_error"):
        at_stripe.charge(key=key, begun_at=at_stripe.now() - timedelta(minutes=61))

    assert intents_of(peer, key) == []
    sent = {call["key"] for call in peer.state()["calls"] if call["attempt"] == key}
    assert len(sent) == 1


def test_an_error_of_this_very_call_is_not_an_old_one(at_stripe: Counter, peer: StripePeer) -> None:
    """Stripe may still mend it, however long ago the attempt was begun."""
    key, begun = str(uuid7()), at_stripe.now() - timedelta(hours=2)
    peer.fault("before", status=500, remember=True)
    with pytest.raises(ProviderUnavailable):
        at_stripe.charge(key=key, begun_at=begun)
    with pytest.raises(ProviderRefusal, match="processing_error"):
        at_stripe.charge(key=key, begun_at=begun)


def test_an_order_is_free_again_an_hour_after_an_error_that_stripe_keeps(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    order = customer.place("server")
    peer.fault("before", status=500, remember=True)
    assert customer.pay(order, "pm_card_visa")["payment"]["status"] == "PENDING"
    for minutes in (50, 11):
        assert [error["code"] for error in customer.pay(order, "pm_card_visa")["errors"]] == ["PAYMENT_IN_PROGRESS"]
        store.running.move_clock(timedelta(minutes=minutes))
        store.running.relay_once()

    paid = customer.pay(order, "pm_card_visa")

    assert (paid["errors"], paid["order"]["status"]) == ([], "CONFIRMATION")
    assert [each["status"] for each in peer.things("payment_intents")] == ["succeeded"]
    payments = customer.run("order_payments", number=order["number"])["payments"]
    assert sorted(each["status"] for each in payments) == ["FAILED", "SUCCEEDED"]


def test_an_error_that_is_not_kept_says_nothing_of_what_was_done(at_stripe: Counter, peer: StripePeer) -> None:
    """However long it goes on."""
    key, begun = str(uuid7()), at_stripe.now() - timedelta(hours=2)
    peer.fault("before", status=500, times=2)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            at_stripe.charge(key=key, begun_at=begun)
    assert at_stripe.charge(key=key, begun_at=begun).status is ChargeStatus.SUCCEEDED


def test_waiting_has_an_end(at_stripe: Counter, peer: StripePeer, monkeypatch: pytest.MonkeyPatch) -> None:
    at_stripe.charge()  # its customer is known now, and the connection open
    key, begun = str(uuid7()), at_stripe.now()
    peer.fault("after", hold="answer")
    with monkeypatch.context() as patched:
        patched.setattr(stripe_client, "_LONGEST_CALL", 0.5)
        with pytest.raises(ProviderUnavailable):
            at_stripe.charge(key=key, begun_at=begun)

    assert intents_of(peer, key) == ["succeeded"]
    peer.open_gate("answer")
    charge = at_stripe.charge(key=key, begun_at=begun)
    assert charge.status is ChargeStatus.SUCCEEDED


def test_a_refund_whose_answer_is_lost_is_made_once(at_stripe: Counter, peer: StripePeer) -> None:
    charge, key = at_stripe.charge(), str(uuid7())
    peer.fault("after", path="/v1/refunds$", drop=True, times=3)
    with pytest.raises(ProviderUnavailable):
        at_stripe.refund(charge, 500, key=key)
    peer.forget_keys()

    refund = at_stripe.refund(charge, 500, key=key, begun_at=at_stripe.now() - timedelta(days=2))

    assert [(one["id"], one["amount"]) for one in peer.things("refunds")] == [(refund.reference, 500)]


def test_a_refund_may_fail_days_later(at_stripe: Counter, peer: StripePeer) -> None:
    charge = at_stripe.charge()
    peer.refunds_are("pending")
    refund = at_stripe.refund(charge, 500)
    assert (refund.status, at_stripe.movements(charge)[1:]) == ("PENDING", [])

    peer.settle_refund(refund.reference, "failed")

    now = at_stripe.api.running.do(at_stripe.provider.retrieve_refund(refund.reference))
    assert (now.status, now.failure_code) == ("FAILED", "declined")


def test_one_account_is_one_customer_there(at_stripe: Counter, peer: StripePeer) -> None:
    charges = [at_stripe.charge() for _ in range(2)]

    found = [one["customer"] for one in peer.things("payment_intents")]
    assert len(charges) == len(found) == 2
    assert len(set(found)) == 1
    made = [call for call in peer.state()["calls"] if call["path"] == "/v1/customers"]
    assert len(made) == 1
