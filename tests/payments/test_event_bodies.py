"""POST /webhooks/stripe: what is signed is kept though nobody can read it, and no secret is kept or shown."""

import hashlib
import json
from typing import Any

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from models.base import metadata
from pages.webhooks import LARGEST_EVENT
from tests.api import Api
from tests.payments.test_webhooks import an_event, kept
from tests.peers.stripe import StripePeer
from tests.telling import every

SECRET = f"canary{uuid7().hex}"


def name_of(body: str) -> str:
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"


def unreadable(what: Any) -> str:
    """Each another, so that no test finds what another has left."""
    return json.dumps({"about": uuid7().hex, "what": what})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"not json {uuid7().hex}", id="no json"),
        pytest.param("[" * 50_000 + uuid7().hex, id="too deep"),
        pytest.param(json.dumps([uuid7().hex]), id="no object"),
        pytest.param(unreadable({}), id="no event"),
        pytest.param(json.dumps(an_event(id=1)), id="no name"),
        pytest.param(json.dumps(an_event(id="")), id="an empty name"),
        pytest.param(json.dumps(an_event(id="evt_" + "x" * 252)), id="a name that is too long"),
        pytest.param(json.dumps(an_event(id=f"evt_\0{uuid7().hex}")), id="a name that no database takes"),
        pytest.param("x" * LARGEST_EVENT, id="as large as may be"),
    ],
)
def test_what_is_signed_and_nobody_can_read_waits_for_staff(store: Api, peer: StripePeer, body: str) -> None:
    staff = store.staff()

    assert [peer.send(body) for _ in range(2)] == [200, 200]

    (row,) = kept(store, name_of(body))
    assert (row.held_for, row.charge, row.refund, row.setup, row.attempt) == ("UNREADABLE", None, None, None, None)
    assert row.body == body.encode()
    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == row.event_id]
    assert (held["reason"], held["order"]) == ("UNREADABLE", None)
    assert staff.run("apply_held_event", eventId=held["id"]) == {"event": held, "errors": []}
    assert staff.run("resolve_held_event", eventId=held["id"], note="Stripe was asked.")["errors"] == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"type": None}, id="no type"),
        pytest.param({"type": "a\0b"}, id="a type that no database takes"),
        pytest.param({"created": "lately"}, id="no time"),
        pytest.param({"created": 10**18}, id="a time that never comes"),
        pytest.param({"data": None}, id="no data"),
        pytest.param({"data": {"object": None}}, id="no object"),
        pytest.param({"data": {"object": {"object": "payment_intent"}}}, id="an intent without a name"),
        pytest.param({"data": {"object": {"object": "payment_intent", "id": {}}}}, id="a name that is none"),
        pytest.param({"data": {"object": {"object": "refund", "id": "x" * 256}}}, id="a name that is too long"),
        pytest.param({"data": {"object": {"object": "charge", "id": "\ud800"}}}, id="a name that is no text"),
    ],
)
def test_one_that_is_read_in_part_keeps_its_name(store: Api, peer: StripePeer, fields: dict[str, Any]) -> None:
    event = an_event(**fields)

    assert [peer.send(json.dumps(event)) for _ in range(2)] == [200, 200]

    (row,) = kept(store, event["id"])
    assert (row.held_for, row.body) == ("UNREADABLE", json.dumps(event).encode())


@pytest.mark.parametrize("attempt", ["x" * 500, "ключ", "a\0b", 7, ["a"]], ids=ascii)
def test_what_others_have_left_as_a_key_is_no_key_of_ours(store: Api, peer: StripePeer, attempt: Any) -> None:
    """Whoever shares the account may write anything into an intent's `metadata`."""
    event = an_event()
    event["data"]["object"]["metadata"]["attempt"] = attempt

    assert peer.send(json.dumps(event)) == 200

    assert [(row.held_for, row.attempt) for row in kept(store, event["id"])] == [("UNKNOWN_CHARGE", None)]


@pytest.mark.parametrize(
    "how", [{"secrets": []}, {"secrets": ["whsec_of_somebody_else"]}, {"ahead": -310}, {"ahead": 310}], ids=str
)
def test_case_62_what_is_not_signed_leaves_nothing_whether_it_can_be_read_or_not(
    store: Api, peer: StripePeer, how: dict[str, Any]
) -> None:
    body = unreadable("forged")
    assert peer.send(body, **how) == 400
    assert kept(store, name_of(body)) == []


def test_case_62_what_is_too_large_leaves_nothing_though_it_is_signed(store: Api, peer: StripePeer) -> None:
    body = "x" * (LARGEST_EVENT + 1)
    assert peer.send(body) == 413
    assert kept(store, name_of(body)) == []


def test_no_secret_is_kept_or_shown(store: Api, peer: StripePeer, capfd: pytest.CaptureFixture[str]) -> None:
    """The body of an event has a payer's secret by its name, in addresses, and, where it is cut off, in neither."""
    staff, event = store.staff(), an_event()
    secret = f"{event['data']['object']['id']}_secret_{SECRET}"
    address = f"https://hooks.stripe.example/redirect?a=1&payment_intent_client_secret={secret}&b=2"
    event["data"]["object"] |= {
        "client_secret": secret,
        "next_action": {"redirect_to_url": {"url": address, "return_url": None}, "type": "redirect_to_url"},
        "associated": {"secret": f"ek_test_{SECRET}", "client_secret": f'"{SECRET}'},
    }
    cut = json.dumps(an_event(about=uuid7().hex, client_secret=secret))
    cut = cut[: cut.index(SECRET) + len(SECRET)]
    body = json.dumps(event, indent=3)

    assert [peer.send(body), peer.send(cut)] == [200, 200]

    (row,) = kept(store, event["id"])
    expected = json.loads(body)
    about = expected["data"]["object"]
    about |= {"client_secret": None, "associated": {"secret": None, "client_secret": None}}
    about["next_action"]["redirect_to_url"]["url"] = address.replace(SECRET, "")
    assert row.body is not None
    assert row.body.decode() == json.dumps(expected, indent=3)  # and nothing else is gone
    assert len(kept(store, name_of(cut))) == 1
    assert SECRET not in everything(store)
    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == event["id"]]
    shown = [held, staff.run("apply_held_event", eventId=held["id"])]
    shown.append(staff.run("resolve_held_event", eventId=held["id"], note="Of another shop."))
    assert SECRET not in json.dumps(shown)
    assert SECRET not in everything(store)
    assert SECRET not in "".join(capfd.readouterr())


def everything(store: Api) -> str:
    """Every column of every row of every table."""

    async def read() -> str:
        async with store.running.database.reading() as session:
            rows = [row for table in metadata.sorted_tables for row in await session.execute(sa.select(*table.c))]
        return "\n".join(repr(tuple(row)) for row in rows)

    return store.running.do(read())
