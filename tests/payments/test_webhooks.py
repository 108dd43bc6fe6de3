"""POST /webhooks/stripe: only what Stripe signed, lately, is taken; once, as it came, and answered for after that."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.inbox import InboxEvent
from schema.ids import uuid_of
from tests.api import Api
from tests.behind import traces
from tests.peers.stripe import OLD_SECRET, SECRET, StripePeer


def an_event(**fields: Any) -> dict[str, Any]:
    """Of an intent that nobody here knows."""
    about = {"id": f"pi_{uuid7().hex}", "object": "payment_intent", "metadata": {"attempt": str(uuid7())}}
    event = {
        "id": f"evt_{uuid7().hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": 1_700_000_000,
    }
    return {**event, "data": {"object": about}, **fields}


def kept(store: Api, *ids: str) -> list[InboxEvent]:
    async def look() -> list[InboxEvent]:
        async with store.running.database.reading() as session:
            query = sa.select(InboxEvent).where(col(InboxEvent.event_id).in_(ids)).order_by(col(InboxEvent.event_id))
            return list((await session.execute(query)).scalars())

    return store.running.do(look())


def test_keeps_what_stripe_tells_as_it_came(store: Api, peer: StripePeer) -> None:
    event = an_event()
    body = json.dumps(event, indent=1)

    assert peer.send(body) == 200

    (row,) = kept(store, event["id"])
    about = event["data"]["object"]
    assert (row.source, row.type, row.body) == ("stripe", "payment_intent.succeeded", body.encode())
    assert (row.charge, row.attempt, row.refund) == (about["id"], about["metadata"]["attempt"], None)
    assert int(row.created_at.timestamp()) == 1_700_000_000


def test_keeps_an_event_once_however_often_and_at_whatever_times_it_comes(store: Api, peer: StripePeer) -> None:
    event = an_event()
    body = json.dumps(event)

    with ThreadPoolExecutor(10) as senders:
        answers = [*senders.map(lambda _: peer.send(body), range(10)), *(peer.send(body) for _ in range(10))]

    assert set(answers) == {200}
    assert len(kept(store, event["id"])) == 1


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"secrets": ["whsec_of_somebody_else"]}, id="another secret"),
        pytest.param({"secrets": []}, id="no signature"),
        pytest.param({"ahead": -310}, id="too old"),
        pytest.param({"ahead": 310}, id="too new"),
        pytest.param({"signature": "t=1,t=2,v1=00"}, id="two times"),
        pytest.param({"signature": "v1=00"}, id="no time"),
        pytest.param({"signature": "t=١٢٣,v1=é"}, id="no figures"),
        pytest.param({"signature": "nonsense"}, id="nonsense"),
    ],
)
def test_refuses_what_is_not_proved_to_be_stripes_now(store: Api, peer: StripePeer, how: dict[str, Any]) -> None:
    event = an_event()

    assert peer.send(json.dumps(event), **how) == 400

    assert kept(store, event["id"]) == []


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"secrets": [OLD_SECRET]}, id="the old secret"),
        pytest.param({"secrets": [SECRET]}, id="the new secret"),
        pytest.param({"secrets": ["whsec_of_somebody_else", SECRET]}, id="two signatures"),
        pytest.param({"ahead": -290}, id="a little old"),
        pytest.param({"ahead": 290}, id="a little ahead"),
    ],
)
def test_takes_either_secret_and_clocks_that_differ_a_little(store: Api, peer: StripePeer, how: dict[str, Any]) -> None:
    event = an_event()

    assert peer.send(json.dumps(event), **how) == 200

    assert len(kept(store, event["id"])) == 1


def test_the_signature_is_of_the_bytes_and_not_of_what_they_mean(store: Api, peer: StripePeer) -> None:
    event = an_event()
    told = peer.signature_of(json.dumps(event, indent=2))

    assert peer.send(json.dumps(event), signature=told) == 400
    assert peer.send(json.dumps(event, indent=2), signature=told) == 200


def test_keeps_what_is_signed_and_no_event(store: Api, peer: StripePeer) -> None:
    for body in ("", "[]", "null", "{}", "not json", '{"id": 1}', json.dumps(an_event(data=[])), "[" * 50_000):
        assert peer.send(body) == 200, body[:40]


def test_refuses_bodies_that_are_too_large_or_of_another_type(store: Api, peer: StripePeer) -> None:
    event = an_event(padding="x" * 2_000_000)
    assert peer.send(json.dumps(event)) == 413

    plain = an_event()
    body = json.dumps(plain).encode()
    headers = {"Stripe-Signature": peer.signature_of(body.decode()), "Content-Type": "text/plain"}
    assert store.http.post("/webhooks/stripe", content=body, headers=headers).status_code == 400
    assert store.http.get("/webhooks/stripe").status_code == 405

    assert kept(store, event["id"], plain["id"]) == []


def test_keeps_what_it_does_not_understand(store: Api, peer: StripePeer) -> None:
    event = an_event(type="something.new", data={"object": {"id": "x_1", "object": "unheard_of"}})

    assert peer.send(json.dumps(event)) == 200

    (row,) = kept(store, event["id"])
    assert (row.type, row.charge, row.held_for) == ("something.new", None, "UNKNOWN_TYPE")


def test_a_charge_of_ours_is_known_by_its_attempt_while_stripe_cannot_be_asked(store: Api, peer: StripePeer) -> None:
    """Its intent has no name here yet: nobody is to look after what comes again."""
    customer = store.customer()
    order = customer.place("server")
    peer.webhooks("never")
    peer.fault("after", drop=True, times=3)
    assert customer.pay(order, "pm_card_visa")["payment"]["status"] == "PENDING"
    (intent,) = peer.things("payment_intents")
    charge = {"id": f"ch_{uuid7().hex}", "object": "charge", "payment_intent": intent["id"]}
    event = an_event(type="charge.succeeded", data={"object": {**charge, "metadata": intent["metadata"]}})
    peer.fault("before", method="GET", path="/v1/payment_intents/", status=500, times=3)

    assert peer.send(json.dumps(event)) == 503
    assert kept(store, event["id"]) == []
    assert peer.send(json.dumps(event)) == 200

    assert [row.held_for for row in kept(store, event["id"])] == [None]
    assert traces(store, order).order[0] == "CONFIRMATION"


def test_of_what_stripe_does_not_know_itself_it_is_not_told_for_ever(store: Api, peer: StripePeer) -> None:
    """Its keys may be another account's now."""
    customer = store.customer()
    order = customer.place("server")
    customer.pay(order, "pm_card_visa")
    (intent,) = peer.things("payment_intents")
    about = {**an_event()["data"]["object"], "metadata": intent["metadata"]}
    event = an_event(data={"object": about}, created=int(time.time()))

    assert peer.send(json.dumps(event)) == 503  # it may not find it everywhere yet
    assert kept(store, event["id"]) == []
    store.running.move_clock(timedelta(minutes=11))
    assert peer.send(json.dumps(event)) == 200

    (row,) = kept(store, event["id"])
    assert (row.held_for, row.order_id) == ("UNKNOWN_CHARGE", uuid_of(order["id"], "Order"))


def test_a_dispute_waits_for_staff(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    order = customer.place("server")
    customer.pay(order, "pm_card_visa")
    (intent,) = peer.things("payment_intents")
    dispute = {"id": f"dp_{uuid7().hex}", "object": "dispute", "payment_intent": intent["id"]}
    event = an_event(type="charge.dispute.created", data={"object": dispute})

    assert peer.send(json.dumps(event)) == 200

    (row,) = kept(store, event["id"])
    assert (row.held_for, row.charge, row.order_id) == ("DISPUTED", intent["id"], uuid_of(order["id"], "Order"))


def test_a_payment_is_told_of_by_events_that_name_it(store: Api, peer: StripePeer) -> None:
    customer = store.customer()
    paid = customer.pay(customer.place("server"), "pm_card_visa")
    assert paid["order"]["status"] == "CONFIRMATION"

    peer.wait_until_quiet()

    (intent,) = peer.things("payment_intents")
    told = {event["id"]: event for event in peer.state()["webhooks"]["events"]}
    rows = {row.type: row for row in kept(store, *told)}
    assert {"payment_intent.created", "payment_intent.succeeded", "charge.succeeded"} <= rows.keys()
    assert rows["payment_intent.succeeded"].charge == intent["id"]
    assert rows["payment_intent.succeeded"].attempt == intent["metadata"]["attempt"]


def test_an_event_that_could_not_be_kept_comes_again(store: Api, peer: StripePeer) -> None:
    peer.webhooks("held")
    customer = store.customer()
    customer.pay(customer.place("server"), "pm_card_visa")
    peer.deliver_to("http://127.0.0.1:9/webhooks/stripe")  # where nobody listens
    tried = peer.deliver()
    assert {one["status"] for one in tried} == {0}

    peer.deliver_to(f"{store.url}/webhooks/stripe")
    ids = [one["event"] for one in tried]
    again = peer.deliver(events=ids, copies=2, order="reversed")

    assert [one["status"] for one in again] == [200] * 2 * len(ids)
    assert [row.event_id for row in kept(store, *ids)] == sorted(ids)
