"""What the door to a payment provider promises, asked of both: the embedded sandbox, and Stripe behind its proxy."""

import asyncio
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from gateways.payments import Charge, ChargeStatus, MovementKind, ProviderRefusal, ProviderUnavailable, SetupStatus
from models.money import Money
from models.payment import RefundStatus
from tests.payments.counter import CARD, PRICE, Counter, kind_of
from tests.peers.processes import eventually


def test_charges_and_tells_what_was_charged(counter: Counter) -> None:
    charge = counter.charge(key=(key := str(uuid7())))

    assert (charge.status, charge.amount, charge.attempt) == (ChargeStatus.SUCCEEDED, PRICE, key)
    assert charge.method is not None
    assert charge.method.label == "Visa ending in 4242"
    assert charge.method.expires_on is not None
    assert charge.method.expires_on > counter.now().date()
    assert (charge.next_action_url, charge.failure_code) == (None, None)
    assert counter.retrieve(charge) == charge


@pytest.mark.parametrize(("what", "code"), [("declined", "card_declined"), ("empty", "insufficient_funds")])
def test_tells_why_a_card_was_declined_and_never_charges_it_afterwards(counter: Counter, what: str, code: str) -> None:
    charge = counter.charge(what)

    assert (charge.status, charge.failure_code) == (ChargeStatus.FAILED, code)
    again = counter.retrieve(charge)
    assert (again.status, again.failure_code) == (ChargeStatus.FAILED, code)
    assert counter.movements(charge) == []


def test_refuses_a_token_that_it_does_not_know_or_that_is_of_another_kind(counter: Counter) -> None:
    for token in ("pm_unheard_of", counter.tokens["debit"]):
        with pytest.raises(ProviderRefusal):
            counter.charge(token, kind=CARD)
        with pytest.raises(ProviderRefusal):
            counter.set_up(token, kind=CARD)


def test_charges_once_under_one_key(counter: Counter) -> None:
    key = str(uuid7())
    begun = counter.now()

    charges = [counter.charge(key=key, begun_at=begun) for _ in range(3)]

    assert charges[0] == charges[1] == charges[2]
    assert [movement.amount for movement in counter.movements_of_attempt(key)] == [PRICE]


def test_charges_once_under_one_key_however_many_ask_at_once(counter: Counter) -> None:
    key, begun = str(uuid7()), counter.now()

    async def all_at_once() -> list[Charge | BaseException]:
        calls = (counter.charging(key=key, begun_at=begun) for _ in range(8))
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = counter.api.running.do(all_at_once())

    charged = [answer.reference for answer in answers if isinstance(answer, Charge)]
    others = [answer for answer in answers if not isinstance(answer, Charge | ProviderUnavailable)]
    assert (len(set(charged)), others) == (1, [])
    assert [movement.reference for movement in counter.movements_of_attempt(key)] == charged[:1]


def test_finds_an_old_attempt_and_does_not_send_it_again(counter: Counter) -> None:
    key = str(uuid7())
    charge = counter.charge(key=key)

    again = counter.charge(key=key, begun_at=counter.now() - timedelta(days=2))

    assert again == charge
    assert len(counter.movements_of_attempt(key)) == 1


def test_finds_what_was_charged_under_a_key_and_charges_nothing(counter: Counter) -> None:
    key, begun = str(uuid7()), counter.now()

    def find(key: str) -> Charge | None:
        looking = counter.provider.find_charge(key, customer=counter.customer, begun_at=begun)
        return counter.api.running.do(looking)

    assert find(key) is None
    charge = counter.charge(key=key, begun_at=begun)
    assert find(key) == charge
    assert find(str(uuid7())) is None
    assert len(counter.movements_of_attempt(key)) == 1


def test_asks_the_customer_and_is_paid_once_they_approve(counter: Counter) -> None:
    charge = counter.charge("asking")
    assert charge.status is ChargeStatus.ACTION_REQUIRED
    assert charge.next_action_url is not None
    assert charge.next_action_url.startswith("http")
    assert counter.movements(charge) == []

    counter.answer(charge.reference, True)

    paid = counter.retrieve(charge)
    assert (paid.status, paid.next_action_url) == (ChargeStatus.SUCCEEDED, None)
    assert [movement.amount for movement in counter.movements(charge)] == [PRICE]


def test_fails_where_the_customer_refuses(counter: Counter) -> None:
    charge = counter.charge("asking")

    counter.answer(charge.reference, False)

    refused = counter.retrieve(charge)
    assert (refused.status, refused.failure_code) == (ChargeStatus.FAILED, "authentication_failed")
    counter.answer(charge.reference, True)
    assert counter.retrieve(charge).status is ChargeStatus.FAILED


def test_cancels_what_waits_for_the_customer_for_good(counter: Counter) -> None:
    charge = counter.charge("asking")

    assert counter.cancel(charge).status is ChargeStatus.CANCELLED
    assert counter.cancel(charge).status is ChargeStatus.CANCELLED
    counter.answer(charge.reference, True)

    assert counter.retrieve(charge).status is ChargeStatus.CANCELLED
    assert counter.movements(charge) == []


def test_tells_that_it_was_too_late_to_cancel(counter: Counter) -> None:
    paid, debit = counter.charge(), counter.charge("debit")

    assert counter.cancel(paid).status is ChargeStatus.SUCCEEDED
    assert counter.cancel(debit).status is ChargeStatus.PENDING


def test_settles_a_debit_later(counter: Counter) -> None:
    charge = counter.charge("debit")
    assert charge.status is ChargeStatus.PENDING
    assert charge.method is not None
    assert charge.method.label == "IBAN ending in 3000"
    assert counter.movements(charge) == []

    counter.settle()

    eventually(lambda: counter.retrieve(charge).status is ChargeStatus.SUCCEEDED, what="the debit arrives")
    assert [movement.amount for movement in counter.movements(charge)] == [PRICE]


def test_tells_of_a_debit_that_fails(counter: Counter) -> None:
    charge = counter.charge("bad_debit")

    counter.settle()

    eventually(lambda: counter.retrieve(charge).status is ChargeStatus.FAILED, what="the debit fails")
    assert counter.retrieve(charge).failure_code
    assert counter.movements(charge) == []


def test_refunds_in_parts_and_never_more_than_was_paid(counter: Counter) -> None:
    charge = counter.charge()

    part = counter.refund(charge, 10_000)
    with pytest.raises(ProviderRefusal):
        counter.refund(charge, 8_839)
    rest = counter.refund(charge, 8_838)
    with pytest.raises(ProviderRefusal):
        counter.refund(charge, 1)

    assert [part.status, rest.status] == [RefundStatus.SUCCEEDED, RefundStatus.SUCCEEDED]
    assert counter.api.running.do(counter.provider.retrieve_refund(part.reference)) == part
    moved = {(movement.kind, movement.amount) for movement in counter.movements(charge)}
    returned = {(MovementKind.REFUND, Money("EUR", minor)) for minor in (8_838, 10_000)}
    assert moved == {(MovementKind.CHARGE, PRICE), *returned}
    assert len(counter.movements(charge)) == 3


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 18_838), ("ISK", 5_001), ("JPY", 5_001), ("KWD", 12_340)])
def test_moves_exactly_as_much_as_it_is_told_in_any_currency(counter: Counter, currency: str, minor: int) -> None:
    whole, part = Money(currency, minor), Money(currency, 1_230)
    assert counter.provider.can_move(whole)

    charge = counter.charge(amount=whole)
    refund = counter.refund(charge, 0, amount=part)

    assert (charge.amount, counter.retrieve(charge).amount, refund.amount) == (whole, whole, part)
    assert counter.api.running.do(counter.provider.retrieve_refund(refund.reference)).amount == part
    assert {movement.amount for movement in counter.movements(charge)} == {whole, part}


def test_refuses_to_move_what_it_says_that_it_cannot(counter: Counter) -> None:
    odd, key = Money("KWD", 12_345), str(uuid7())
    if counter.provider.can_move(odd):
        assert counter.charge(key=key, amount=odd).amount == odd
        return
    charge = counter.charge(amount=Money("KWD", 12_340))

    with pytest.raises(ProviderRefusal):
        counter.charge(key=key, amount=odd)
    with pytest.raises(ProviderRefusal):
        counter.refund(charge, 0, key=key, amount=Money("KWD", 1_235))

    assert counter.movements_of_attempt(key) == []


def test_refunds_once_under_one_key(counter: Counter) -> None:
    charge, key = counter.charge(), str(uuid7())

    first = counter.refund(charge, 500, key=key)
    again = counter.refund(charge, 500, key=key)
    old = counter.refund(charge, 500, key=key, begun_at=counter.now() - timedelta(days=2))

    assert first == again == old
    assert (first.amount, first.attempt) == (Money("EUR", 500), key)
    assert [movement.reference for movement in counter.movements_of_attempt(key)] == [first.reference]


def test_refuses_to_refund_what_was_not_paid(counter: Counter) -> None:
    for what in ("asking", "declined", "debit"):
        charge = counter.charge(what)
        with pytest.raises(ProviderRefusal):
            counter.refund(charge, 1)
        assert counter.movements(charge) == []


@pytest.mark.parametrize("what", ["good", "debit"])
def test_keeps_a_method_that_can_be_charged_later(counter: Counter, what: str) -> None:
    setup = counter.set_up(what)

    assert setup.status is SetupStatus.SUCCEEDED
    assert setup.method.token is not None
    later = counter.charge(setup.method.token, kind=kind_of(what))
    assert later.status in (ChargeStatus.SUCCEEDED, ChargeStatus.PENDING)
    assert later.method is not None
    assert later.method.label == setup.method.label
    assert counter.api.running.do(counter.provider.retrieve_setup(setup.reference)).status is SetupStatus.SUCCEEDED


def test_keeps_a_method_once_its_owner_approves(counter: Counter) -> None:
    setup = counter.set_up("asking_to_save")
    assert setup.status is SetupStatus.ACTION_REQUIRED
    assert setup.next_action_url is not None

    counter.answer(setup.reference, True)

    kept = counter.api.running.do(counter.provider.retrieve_setup(setup.reference))
    assert (kept.status, kept.next_action_url) == (SetupStatus.SUCCEEDED, None)
    assert kept.method.token is not None
    assert counter.charge(kept.method.token).status is ChargeStatus.SUCCEEDED


def test_keeps_no_method_whose_owner_refuses(counter: Counter) -> None:
    setup = counter.set_up("asking_to_save")

    counter.answer(setup.reference, False)

    refused = counter.api.running.do(counter.provider.retrieve_setup(setup.reference))
    assert (refused.status, refused.failure_code) == (SetupStatus.FAILED, "authentication_failed")


def test_keeps_the_method_of_a_charge_where_that_is_wanted(counter: Counter) -> None:
    charge = counter.charge(save=True)

    assert charge.method is not None
    assert charge.method.token is not None
    assert counter.charge(charge.method.token).status is ChargeStatus.SUCCEEDED


def test_lists_only_what_began_within_the_time_asked_for(counter: Counter) -> None:
    charge = counter.charge()

    assert [movement.kind for movement in counter.movements(charge)] == [MovementKind.CHARGE]
    assert counter.movements(charge, hours=-0.5) == []
