"""What a provider tells by itself: applied once, in whatever order and however often; what does not fit is kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateways.payments import Charge, ChargeStatus, ProviderUnavailable
from models.money import Money
from models.payment import Mismatch
from models.sandbox import SandboxCharge, SandboxStatus
from tests.answers import plain, refused
from tests.api import Api
from tests.behind import traces, unchanged
from tests.telling import Telling, attempts, event, every, id_of, refunds, stored, tell, unheard
from tests.test_strong_authentication import approve_unheard, begin

PAID = ("UNPAID", "CONFIRMATION", "PAYMENT_PROVIDER")


def test_case_63_ten_times_one_after_the_other_and_at_once_is_once(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    (payment,) = attempts(api, order)
    told = event(charge=payment.provider_reference, attempt=str(payment.id))

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: api.running.do(tell(api, told)), range(10)))
    with unchanged(api, order):
        for _ in range(10):
            api.running.do(tell(api, told))

    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [PAID]
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED")
    (kept,) = stored(api, told.id)
    assert (kept.source, kept.type, kept.held_for, kept.body) == ("sandbox", "something", None, None)


def test_case_63_two_deliveries_that_are_looked_at_together_are_applied_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is stored when the other begins. What does not fit has the attempt asked after once more for each."""
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)
    (before,) = attempts(api, order)
    told, together = event(charge=before.provider_reference), asyncio.Barrier(2)
    Telling(api, monkeypatch, amount=Money("EUR", 17867))
    retrieve = api.running.sandbox.retrieve

    async def meet(reference: str) -> Charge:
        await asyncio.wait_for(together.wait(), timeout=10)
        return await retrieve(reference)

    async def deliver_both() -> None:
        await asyncio.gather(tell(api, told), tell(api, told))

    monkeypatch.setattr(api.running.sandbox, "retrieve", meet)
    api.running.do(deliver_both())
    (after,) = attempts(api, order)
    assert (after.mismatch, after.checks) == (Mismatch.OTHER_AMOUNT, before.checks + 1)
    assert len(stored(api, told.id)) == 1


def test_case_63_nobody_is_asked_again_about_what_was_told_before(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    told = event(charge=payment.provider_reference)
    api.running.do(tell(api, told))
    monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
    with unchanged(api, order):
        api.running.do(tell(api, told))


def test_case_63_an_old_message_takes_nothing_back(api: Api) -> None:
    """It says that the charge failed; what the charge is now, is asked."""
    customer = api.customer()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    with unchanged(api, order):
        api.running.do(tell(api, event(type="payment_failed", charge=payment.provider_reference)))


def test_a_state_that_was_read_before_a_later_one_takes_nothing_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    for status in (ChargeStatus.PENDING, ChargeStatus.FAILED, ChargeStatus.CANCELLED, ChargeStatus.ACTION_REQUIRED):
        Telling(api, monkeypatch, status=status)
        with unchanged(api, order):
            api.running.do(tell(api, event(charge=payment.provider_reference)))
        monkeypatch.undo()


def test_a_customer_who_has_acted_is_not_sent_to_the_bank_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before they did is applied after it."""
    customer = api.customer()
    order = customer.place("server")
    begin(customer, order)
    (payment,) = attempts(api, order)
    with monkeypatch.context() as patched:
        Telling(api, patched, status=ChargeStatus.PENDING, next_action_url=None)
        api.running.do(tell(api, event(charge=payment.provider_reference)))
    assert [each[1] for each in traces(api, order).payments] == ["PENDING"]
    with unchanged(api, order):
        api.running.do(tell(api, event(charge=payment.provider_reference)))
    (payment,) = attempts(api, order)
    assert (payment.status, payment.next_action_url) == ("PENDING", None)


def test_it_may_come_before_the_answer_to_our_own_call(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    assert customer.pay(order, "sandbox_card_timeout")["payment"]["status"] == "PENDING"
    (payment,) = attempts(api, order)
    assert payment.provider_reference is None
    charge = api.running.do(_charge_of(api, str(payment.id)))

    api.running.do(tell(api, event(charge=charge, attempt=str(payment.id))))

    left = traces(api, order)
    left.check()
    assert left.transitions[1:] == [PAID]
    with unchanged(api, order):
        api.running.move_clock(timedelta(minutes=5))
        customer.run("order_payments", number=order["number"])


def test_case_07_money_for_an_attempt_that_had_failed_pays_an_order_that_still_waits(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = api.customer()
    order = customer.place("server")
    customer.pay(order, "sandbox_card_declined")
    (payment,) = attempts(api, order)
    Telling(api, monkeypatch, status=ChargeStatus.SUCCEEDED, failure_code=None)
    api.running.do(tell(api, event(charge=payment.provider_reference)))
    assert traces(api, order).transitions[1:] == [PAID]


def test_case_07_money_for_an_order_that_has_ended_goes_back_once(api: Api) -> None:
    """The provider takes back its word that the attempt was ended."""
    customer = api.customer()
    order = customer.place("server")
    path = begin(customer, order)
    api.running.move_clock(timedelta(hours=24))
    api.running.relay_once()
    assert traces(api, order).order[0] == "EXPIRED"
    (payment,) = attempts(api, order)
    api.running.do(_charge_after_all(api, path.rpartition("/")[2]))

    for _ in range(3):
        api.running.do(tell(api, event(charge=payment.provider_reference)))
        api.running.relay_once()

    left = traces(api, order)
    left.check()
    assert left.order[0] == "EXPIRED"
    assert left.refunds == (("SUCCEEDED", 17868),)
    assert left.charged == [("SUCCEEDED", 0)]
    assert [(kind, actor) for _, kind, _, _, _, actor in left.log[-3:]] == [
        ("LATE_PAYMENT_REFUNDED", "PAYMENT_PROVIDER"),
        ("REFUND", "SYSTEM"),
        ("REFUND", "PAYMENT_PROVIDER"),
    ]
    assert left.mails == ("ORDER_PLACED", "ORDER_EXPIRED", "REFUNDED")


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


def test_where_the_provider_cannot_be_asked_nothing_is_stored(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = api.customer()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    (payment,) = attempts(api, order)
    told = event(charge=payment.provider_reference)
    monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
    with unchanged(api, order), pytest.raises(ProviderUnavailable):
        api.running.do(tell(api, told))
    assert stored(api, told.id) == []
    monkeypatch.undo()
    api.running.do(tell(api, told))
    assert traces(api, order).transitions[1:] == [PAID]


def test_of_a_refund_too_only_what_it_is_now_counts(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("refund_payment", paymentId=id_of(customer, order))
    (refund,) = refunds(api, order)
    with unchanged(api, order):
        told = event(refund=refund.provider_reference, charge="x", attempt=str(refund.id))
        api.running.do(tell(api, told))
    assert stored(api, told.id)[0].held_for is None


async def _charge_of(api: Api, key: str) -> str:
    """What the provider calls the charge that was made under our key."""
    async with api.running.database.reading() as session:
        found = await session.execute(sa.select(SandboxCharge).filter_by(idempotency_key=key))
        return found.scalar_one().id


async def _charge_after_all(api: Api, reference: str) -> None:
    async with api.running.database.writing() as tx:
        (await tx.session.get_one(SandboxCharge, reference)).status = SandboxStatus.SUCCEEDED
