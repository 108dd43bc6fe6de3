"""Events that wait for staff: what the provider does not know itself, and disputes; some can be applied again."""

from datetime import timedelta

import pytest

from gateways.payments import ProviderUnavailable, UnknownAtProvider
from tests.answers import failures, not_found, plain, refused
from tests.api import Api
from tests.behind import recorded, traces, unchanged
from tests.telling import PAID, attempts, event, every, id_of, stored, tell, unheard
from tests.test_strong_authentication import approve_unheard, begin

#: Than a provider needs to find everywhere what it has made.
LONGER = timedelta(minutes=11)
#: What is left in an order's history of each try of staff's.
TRIED = ("PAYMENT", "STAFF")


def test_what_its_provider_disowns_is_kept_until_staff_have_it_applied(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be sent for ever otherwise; only at first it may not find what it has just made."""
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    (payment,) = attempts(api, order)
    told = event(charge=payment.provider_reference)

    async def unknown(_: str) -> None:
        raise UnknownAtProvider

    monkeypatch.setattr(api.running.sandbox, "retrieve", unknown)
    with unchanged(api, order):
        with pytest.raises(ProviderUnavailable):
            api.running.do(tell(api, told))
        assert stored(api, told.id) == []
        api.running.move_clock(LONGER)
        api.running.do(tell(api, told))
        (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
        assert (held["reason"], held["order"]["id"]) == ("UNKNOWN_CHARGE", order["id"])
    with recorded(api, order, TRIED, TRIED):
        again = staff.run("apply_held_event", eventId=held["id"])
        assert (again["errors"], again["event"]["resolvedAt"]) == ([], None)
        monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
        assert failures(staff, "apply_held_event", eventId=held["id"]) == ["UNAVAILABLE"]
    assert failures(staff, "check_payment", paymentId=id_of(customer, order)) == ["UNAVAILABLE"]
    monkeypatch.undo()

    applied = staff.run("apply_held_event", eventId=held["id"])

    assert applied["errors"] == []
    assert (applied["event"]["resolvedBy"], applied["event"]["note"]) == ({"name": staff.account.name}, None)
    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [PAID]
    assert left.log[-1][1:] == ("PAYMENT", None, None, None, "STAFF")
    assert held["id"] not in [each["id"] for each in every(staff, "held_events")]
    with unchanged(api, order):
        message = "This event does not wait for anybody, or no longer."
        errors = staff.run("apply_held_event", eventId=held["id"])["errors"]
        assert errors == [plain(refused("EVENT_NOT_HELD", message, "eventId"))]
        nothing = staff.run("apply_held_event", eventId=order["id"])
        assert nothing == {"event": None, "errors": [plain(not_found("event", "eventId"))]}


def test_an_attempt_that_its_provider_disowns_is_shown_to_staff(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    begin(customer, order)

    async def unknown(_: str) -> None:
        raise UnknownAtProvider

    monkeypatch.setattr(api.running.sandbox, "retrieve", unknown)
    assert failures(staff, "check_payment", paymentId=id_of(customer, order)) == ["UNAVAILABLE"]
    assert not [each for each in every(staff, "payments_in_doubt") if each["order"]["id"] == order["id"]]
    (payment,) = attempts(api, order)
    assert payment.next_check_at is not None  # it may not be found everywhere yet

    api.running.move_clock(LONGER)
    assert failures(staff, "check_payment", paymentId=id_of(customer, order)) == ["UNAVAILABLE"]
    (doubtful,) = [each for each in every(staff, "payments_in_doubt") if each["order"]["id"] == order["id"]]
    assert doubtful["atProvider"]["mismatch"] == "UNKNOWN_CHARGE"


def test_what_is_disputed_waits_for_staff_whatever_is_applied(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    told = event(type="charge.dispute.created", charge=payment.provider_reference, disputed=True)
    with unchanged(api, order):
        api.running.do(tell(api, told))
        (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
    with recorded(api, order, TRIED):
        again = staff.run("apply_held_event", eventId=held["id"])
    for shown in (held, again["event"]):
        assert (shown["reason"], shown["order"]["id"], shown["resolvedAt"]) == ("DISPUTED", order["id"], None)
    assert staff.run("resolve_held_event", eventId=held["id"], note="Won.")["errors"] == []
