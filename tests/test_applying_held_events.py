"""applyHeldEvent: that staff tried stands in the order's history, whatever came of it and however it was found."""

from typing import Any

import pytest
import sqlalchemy as sa

from models.money import Money
from models.sandbox import SandboxCharge
from schema.ids import global_id
from tests.answers import failures
from tests.api import Api, Person
from tests.behind import recorded, traces, unchanged
from tests.telling import Telling, attempts, event, every, stored, tell, unheard
from tests.test_held_events import TRIED


def held(staff: Person, name: str) -> dict[str, Any]:
    (found,) = [each for each in every(staff, "held_events") if each["eventId"] == name]
    return found


def history(staff: Person, order: dict[str, Any]) -> list[dict[str, Any]]:
    changes = staff.run("order_history", number=order["number"])["changes"]
    return [{key: value for key, value in each.items() if key != "at"} for each in changes]


def tried(staff: Person, version: int, reason: str | None = None) -> dict[str, Any]:
    who = {"id": global_id("Staff", staff.account.id), "name": staff.account.name}
    return {"version": version, "kind": "PAYMENT", "actor": "STAFF", "staff": who, "reason": reason}


def test_a_try_that_changes_nothing_stands_in_the_history(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    told = event(charge=payment.provider_reference, attempt="0198f0d0-0000-7000-8000-000000000000")
    api.running.do(tell(api, told))
    before, waiting = history(staff, order), held(staff, told.id)
    assert waiting["reason"] == "OTHER_ATTEMPT"

    with recorded(api, order, TRIED):
        answer = staff.run("apply_held_event", eventId=waiting["id"])

    assert answer == {"event": waiting, "errors": []}
    monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
    with recorded(api, order, TRIED):
        assert failures(staff, "apply_held_event", eventId=waiting["id"]) == ["UNAVAILABLE"]
    version = before[-1]["version"]
    assert history(staff, order) == [*before, tried(staff, version + 1), tried(staff, version + 2)]


def test_the_order_is_known_from_the_first_look_that_finds_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the event nor our books name it at first: the answer to our own call was lost."""
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_timeout")
    (payment,) = attempts(api, order)
    told = event(charge=api.running.do(_charge_of(api, str(payment.id))))
    with monkeypatch.context() as patched, unchanged(api, order):
        patched.setattr(api.running.sandbox, "retrieve", unheard)
        api.running.do(tell(api, told))
    waiting, before = held(staff, told.id), history(staff, order)
    assert (waiting["reason"], waiting["order"]) == ("UNKNOWN_CHARGE", None)

    with monkeypatch.context() as patched, recorded(api, order, TRIED):
        Telling(api, patched, amount=Money("EUR", 17867))
        answer = staff.run("apply_held_event", eventId=waiting["id"])
    of_order = {"id": order["id"], "number": order["number"]}
    assert answer == {"event": {**waiting, "reason": "OTHER_AMOUNT", "order": of_order}, "errors": []}

    applied = staff.run("apply_held_event", eventId=waiting["id"])

    assert (applied["errors"], applied["event"]["order"]) == ([], of_order)
    assert applied["event"]["resolvedBy"] == {"name": staff.account.name}
    left = traces(api, order)
    left.check()
    assert left.order[0] == "CONFIRMATION"
    version = before[-1]["version"]
    paid = {"version": version + 2, "kind": "TRANSITION", "actor": "PAYMENT_PROVIDER", "staff": None, "reason": None}
    assert history(staff, order) == [*before, tried(staff, version + 1), paid, tried(staff, version + 3)]
    assert [row.order_id for row in stored(api, told.id)] == [payment.order_id]


def test_what_one_look_both_finds_and_does_names_its_order(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_timeout")
    (payment,) = attempts(api, order)
    told = event(charge=api.running.do(_charge_of(api, str(payment.id))))
    with monkeypatch.context() as patched:
        patched.setattr(api.running.sandbox, "retrieve", unheard)
        api.running.do(tell(api, told))
    waiting, before = held(staff, told.id), history(staff, order)
    assert waiting["order"] is None

    applied = staff.run("apply_held_event", eventId=waiting["id"])

    assert applied["event"]["order"] == {"id": order["id"], "number": order["number"]}
    version = before[-1]["version"]
    paid = {"version": version + 1, "kind": "TRANSITION", "actor": "PAYMENT_PROVIDER", "staff": None, "reason": None}
    assert history(staff, order) == [*before, paid, tried(staff, version + 2)]


async def _charge_of(api: Api, key: str) -> str:
    """What the provider calls the charge that was made under our key."""
    async with api.running.database.reading() as session:
        found = await session.execute(sa.select(SandboxCharge).filter_by(idempotency_key=key))
        return found.scalar_one().id
