"""The audit where Stripe takes the payments: what it does not find is missing, what it does not tell is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateways.payments import ProviderUnavailable, UnknownAtProvider
from tests.api import QUERIES, Api, Person
from tests.payments.counter import Counter
from tests.peers.stripe import StripePeer
from tests.telling import attempts, id_of, refunds
from tests.test_money_audit import run
from tests.test_order_audit import stored


def audit(staff: Person) -> dict[str, Any]:
    return dict(staff.run("money_audit", **span()))


def span() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(minutes=2)).isoformat()}


def of(order: dict[str, Any], audited: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    """Kind, reference, ours and theirs of what differs about one order."""
    return [
        (each["kind"], each["reference"], *(each[side] and each[side]["amount"] for side in ("ours", "theirs")))
        for each in audited["differences"]
        if each["order"]["id"] == order["id"]
    ]


def paid_and_partly_refunded(store: Api) -> dict[str, Any]:
    customer = store.customer()
    order = customer.place("server")
    assert customer.pay(order, "pm_card_visa")["errors"] == []
    payload = store.staff().run("refund_payment", paymentId=id_of(customer, order), amount="10.00")
    assert payload["errors"] == []
    return order


def test_what_stripe_does_not_find_is_not_there(store: Api, peer: StripePeer) -> None:
    staff, order = store.staff(), paid_and_partly_refunded(store)
    peer.wait_until_quiet()
    assert of(order, audit(staff)) == []

    peer.reset(books=True)

    (payment,), (refund,) = attempts(store, order), refunds(store, order)
    audited = audit(staff)
    assert of(order, audited) == [
        ("NOT_AT_PROVIDER", payment.provider_reference, "178.68", None),
        ("NOT_AT_PROVIDER", refund.provider_reference, "10.00", None),
    ]
    assert (audited["movements"], audited["atProvider"], audited["balanced"]) == (0, [], False)


@pytest.mark.parametrize("path", ["/v1/payment_intents/pi_", "/v1/refunds/re_"])
@pytest.mark.parametrize("status", [503, 429, 400, 401, 403])
def test_what_stripe_does_not_tell_is_not_called_missing(store: Api, peer: StripePeer, path: str, status: int) -> None:
    staff, order = store.staff(), paid_and_partly_refunded(store)
    peer.wait_until_quiet()
    peer.reset(books=True)
    peer.fault("before", path=path, method="GET", status=status, times=50)

    answer = staff.send((QUERIES / "money_audit.graphql").read_text(), span())

    assert answer["data"] == {"moneyAudit": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
    peer.reset()
    assert len(of(order, audit(staff))) == 2


def test_what_the_sandbox_took_is_not_looked_for_at_stripe(store: Api, peer: StripePeer) -> None:
    """As where a shop was tried out at the sandbox, before Stripe was configured."""
    staff, order = store.staff(), paid_and_partly_refunded(store)
    peer.wait_until_quiet()
    peer.reset(books=True)
    before = audit(staff)
    (payment,) = attempts(store, order)
    took = "UPDATE payments SET provider_reference = :name WHERE id = :id"
    run(store, took, name=f"ch_{payment.id.hex}", id=stored(store, payment.id))

    calls = len(peer.state()["calls"])
    audited = audit(staff)

    assert of(order, audited) == []
    assert audited["elsewhere"] == before["elsewhere"] + 2
    assert audited["differenceCount"] == before["differenceCount"] - 2
    asked = [call["path"] for call in peer.state()["calls"][calls:]]
    assert not [path for path in asked if payment.id.hex in path]


def test_only_a_word_that_there_is_no_such_thing_says_so(at_stripe: Counter, peer: StripePeer) -> None:
    with pytest.raises(UnknownAtProvider):
        at_stripe.api.running.do(at_stripe.provider.retrieve("pi_unheard_of"))
    peer.fault("before", path="/v1/payment_intents/pi_", method="GET", status=400)
    with pytest.raises(ProviderUnavailable) as refused:
        at_stripe.api.running.do(at_stripe.provider.retrieve("pi_unheard_of"))
    assert refused.type is ProviderUnavailable
