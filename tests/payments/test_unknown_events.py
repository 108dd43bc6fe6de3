"""POST /webhooks/stripe: what nobody has a rule for is held for staff, all but what is known to mean nothing."""

import json
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from gateways.payments.stripe.events import HARMLESS, HEEDED
from tests.api import Api, Person
from tests.behind import recorded, traces, unchanged
from tests.payments.test_webhooks import an_event, kept
from tests.peers.stripe import StripePeer
from tests.telling import every

#: Without a rule here: money on its way, money that may be lost, and what others have done at Stripe.
UNHEARD_OF = (
    "something.new",
    "payment_intent.something_new",
    "payment_intent.amount_capturable_updated",
    "payment_intent.partially_funded",
    "charge.captured",
    "charge.expired",
    "charge.dispute.something_new",
    "customer.deleted",
    "payment_method.detached",
    "payout.failed",
    "payout.paid",
    "transfer.created",
    "topup.succeeded",
    "radar.early_fraud_warning.created",
    "review.opened",
    "invoice.paid",
    "checkout.session.completed",
)


def name() -> str:
    return uuid7().hex


def waiting(staff: Person, event: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in every(staff, "held_events") if each["eventId"] == event["id"]]


@pytest.mark.parametrize("kind", UNHEARD_OF)
def test_a_type_that_is_unknown_is_held_whatever_it_is_about(store: Api, peer: StripePeer, kind: str) -> None:
    staff = store.staff()
    about = {"id": f"x_{name()}", "object": kind.rpartition(".")[0]}
    event = an_event(type=kind, data={"object": about})
    charge = about["id"] if about["object"] in ("payment_intent", "charge") else None
    body, asked = json.dumps(event), len(peer.state()["calls"])

    assert [peer.send(body) for _ in range(2)] == [200, 200]

    (held,) = waiting(staff, event)
    assert (held["type"], held["reason"], held["charge"], held["order"]) == (kind, "UNKNOWN_TYPE", charge, None)
    (row,) = kept(store, event["id"])
    assert row.body == body.encode()
    assert len(peer.state()["calls"]) == asked

    again = staff.run("apply_held_event", eventId=held["id"])
    assert again == {"event": held, "errors": []}
    resolved = staff.run("resolve_held_event", eventId=held["id"], note="Nothing of ours.")
    assert (resolved["errors"], resolved["event"]["note"]) == ([], "Nothing of ours.")
    assert waiting(staff, event) == []
    assert [each.body for each in kept(store, event["id"])] == [None]


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_what_is_known_to_mean_nothing_waits_for_nobody(store: Api, peer: StripePeer, kind: str) -> None:
    event = an_event(type=kind, data={"object": {"id": f"x_{name()}", "object": kind.partition(".")[0]}})
    assert peer.send(json.dumps(event)) == 200
    (row,) = kept(store, event["id"])
    assert (row.type, row.held_for, row.body) == (kind, None, None)


def test_no_type_is_both_and_none_of_those_that_are_unknown_is_either() -> None:
    assert not HEEDED & HARMLESS
    assert not set(UNHEARD_OF) & (HEEDED | HARMLESS)


@pytest.mark.parametrize("kind", sorted(each for each in HEEDED if each.startswith("payment_intent.")))
def test_a_type_that_is_known_with_an_object_that_is_not_is_held(store: Api, peer: StripePeer, kind: str) -> None:
    event = an_event(type=kind, data={"object": {"id": f"x_{name()}", "object": "unheard_of"}})
    assert peer.send(json.dumps(event)) == 200
    assert [row.held_for for row in kept(store, event["id"])] == ["UNKNOWN_TYPE"]


def test_a_warning_about_a_charge_of_ours_names_its_order(store: Api, peer: StripePeer) -> None:
    customer, staff = store.customer(), store.staff()
    order = customer.place("server")
    customer.pay(order, "pm_card_visa")
    peer.wait_until_quiet()
    (intent,) = peer.things("payment_intents")
    warning = {"id": f"issfr_{name()}", "object": "radar.early_fraud_warning", "payment_intent": intent["id"]}
    event = an_event(type="radar.early_fraud_warning.created", data={"object": warning})

    with unchanged(store, order):
        assert peer.send(json.dumps(event)) == 200

    (held,) = waiting(staff, event)
    assert (held["reason"], held["charge"], held["order"]["id"]) == ("UNKNOWN_TYPE", intent["id"], order["id"])
    with recorded(store, order, ("PAYMENT", "STAFF")):
        assert staff.run("apply_held_event", eventId=held["id"]) == {"event": held, "errors": []}


@pytest.mark.parametrize("kind", ["charge.succeeded", "charge.refunded", "charge.updated"])
def test_a_charge_without_an_intent_is_nobodys_money_until_staff_say(store: Api, peer: StripePeer, kind: str) -> None:
    """Made at Stripe by hand, or by another system: no attempt of ours is without an intent."""
    staff = store.staff()
    charge = {"id": f"ch_{name()}", "object": "charge", "amount": 5000, "currency": "eur", "payment_intent": None}
    event = an_event(type=kind, data={"object": charge})
    body = json.dumps(event)

    assert peer.send(body) == 200

    (held,) = waiting(staff, event)
    assert (held["reason"], held["charge"], held["order"]) == ("UNKNOWN_CHARGE", charge["id"], None)
    assert [row.body for row in kept(store, event["id"])] == [body.encode()]
    assert staff.run("apply_held_event", eventId=held["id"]) == {"event": held, "errors": []}
    assert staff.run("resolve_held_event", eventId=held["id"], note="Taken by phone.")["errors"] == []


def test_a_dispute_that_names_no_charge_is_held(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    for _ in range(2):  # which have no name at Stripe, either
        customer.pay(customer.place("server"), "", "BANK_TRANSFER")
    event = an_event(type="charge.dispute.created", data={"object": {"id": f"dp_{name()}", "object": "dispute"}})
    assert peer.send(json.dumps(event)) == 200
    assert [(row.held_for, row.order_id) for row in kept(store, event["id"])] == [("DISPUTED", None)]


def test_case_63_an_event_of_the_other_mode_is_held_and_not_looked_at(store: Api, peer: StripePeer) -> None:
    """Though it names a payment of ours: a copy of the books may be served with a key of test mode."""
    peer.webhooks("never")
    customer, staff = store.customer(), store.staff()
    order = customer.place("server")
    customer.pay(order, "pm_card_authenticationRequired")
    (intent,) = peer.things("payment_intents")
    peer.authenticate(intent["id"], approve=True)
    asked = len(peer.state()["calls"])
    event = an_event(data={"object": {**an_event()["data"]["object"], **intent}}, livemode=True)

    with unchanged(store, order):
        assert [peer.send(json.dumps(event)) for _ in range(2)] == [200, 200]

    (held,) = waiting(staff, event)
    assert (held["reason"], held["charge"], held["order"]["id"]) == ("OTHER_MODE", intent["id"], order["id"])
    with recorded(store, order, ("PAYMENT", "STAFF")):
        assert staff.run("apply_held_event", eventId=held["id"]) == {"event": held, "errors": []}
    assert len(peer.state()["calls"]) == asked
    with recorded(store, order, ("PAYMENT", "STAFF")):
        assert staff.run("resolve_held_event", eventId=held["id"], note="Of the shop itself.")["errors"] == []

    assert peer.send(json.dumps({**event, "id": f"evt_{name()}", "livemode": False})) == 200
    assert traces(store, order).order[0] == "CONFIRMATION"


@pytest.mark.parametrize("kind", ["customer.created", "setup_intent.succeeded", "charge.dispute.created"])
def test_case_63_of_the_other_mode_whatever_its_type(store: Api, peer: StripePeer, kind: str) -> None:
    about = {"id": f"x_{name()}", "object": kind.split(".")[-2]}
    event = an_event(type=kind, livemode=True, data={"object": about})
    assert peer.send(json.dumps(event)) == 200
    assert [row.held_for for row in kept(store, event["id"])] == ["OTHER_MODE"]
