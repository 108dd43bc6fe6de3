"""What a provider tells that fits none of our payments, or that nobody knows: it pays nothing and is kept."""

import pytest

from models.money import Money
from models.payment import Mismatch
from tests.answers import plain, refused
from tests.api import Api
from tests.behind import traces, unchanged
from tests.telling import PAID, Telling, attempts, event, every, id_of, stored, tell, unheard
from tests.test_strong_authentication import approve_unheard, begin


@pytest.mark.parametrize(
    ("otherwise", "why"),
    [
        ({"amount": Money("EUR", 17867)}, Mismatch.OTHER_AMOUNT),
        ({"amount": Money("USD", 17868)}, Mismatch.OTHER_CURRENCY),
        ({"attempt": "0198f0d0-0000-7000-8000-000000000000"}, Mismatch.OTHER_ATTEMPT),
    ],
)
def test_case_63_what_does_not_fit_pays_nothing_and_waits_for_staff(
    api: Api, monkeypatch: pytest.MonkeyPatch, otherwise: dict[str, object], why: Mismatch
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    (payment,) = attempts(api, order)
    Telling(api, monkeypatch, **otherwise)
    told = event(charge=payment.provider_reference)

    with unchanged(api, order):
        for _ in range(2):
            api.running.do(tell(api, told))

    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
    assert (held["reason"], held["order"]["id"], held["resolvedAt"]) == (why, order["id"], None)
    if why is not Mismatch.OTHER_ATTEMPT:
        (doubtful,) = [each for each in every(staff, "payments_in_doubt") if each["order"]["id"] == order["id"]]
        assert doubtful["atProvider"]["mismatch"] == why

    resolved = staff.run("resolve_held_event", eventId=held["id"], note="A mistake of theirs.")
    assert (resolved["errors"], resolved["event"]["note"]) == ([], "A mistake of theirs.")
    assert traces(api, order).log[-1][-1] == "STAFF"
    assert held["id"] not in [each["id"] for each in every(staff, "held_events")]
    again = staff.run("resolve_held_event", eventId=held["id"], note="Again.")
    message = "This event does not wait for anybody, or no longer."
    assert again["errors"] == [plain(refused("EVENT_NOT_HELD", message, "eventId"))]

    monkeypatch.undo()
    assert staff.run("check_payment", paymentId=id_of(customer, order))["payment"]["status"] == "SUCCEEDED"
    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [PAID]
    assert attempts(api, order)[0].mismatch is None


@pytest.mark.parametrize(("about", "why"), [("charge", "UNKNOWN_CHARGE"), ("refund", "UNKNOWN_REFUND")])
def test_case_63_what_nobody_knows_is_kept(api: Api, about: str, why: str) -> None:
    told = event(**{about: "of another shop", "attempt": "a key of theirs"})
    for _ in range(2):
        api.running.do(tell(api, told))
    (held,) = [each for each in every(api.staff(), "held_events") if each["eventId"] == told.id]
    assert (held["reason"], held[about], held["order"]) == (why, "of another shop", None)
    (kept,) = stored(api, told.id)
    assert kept.body == b"{}"


def test_case_63_what_nobody_knows_is_kept_though_the_provider_does_not_find_it_either(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
    told = event(charge="of another account")
    api.running.do(tell(api, told))
    assert [each.held_for for each in stored(api, told.id)] == [Mismatch.UNKNOWN_CHARGE]


def test_what_is_about_no_money_is_kept_and_waits_for_nobody(api: Api) -> None:
    told = event(harmless=True)
    api.running.do(tell(api, told))
    (kept,) = stored(api, told.id)
    assert kept.held_for is None


def test_case_63_a_charge_that_names_anothers_attempt_is_not_its_payment(api: Api) -> None:
    """Both orders cost the same: only the name tells them apart."""
    customer, staff = api.customer(), api.staff()
    orders = [customer.place("server") for _ in range(2)]
    for order in orders:
        begin(customer, order)
    (one,), (other,) = (attempts(api, order) for order in orders)
    with unchanged(api, *orders):
        told = event(charge=one.provider_reference, attempt=str(other.id))
        api.running.do(tell(api, told))
    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
    assert held["reason"] == "OTHER_ATTEMPT"
