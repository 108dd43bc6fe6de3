"""Refunds that failed here: paid out after all, sent by bank transfer instead, or let be; the books follow each."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateways.payments import ProviderRefund, ProviderRefusal
from models.payment import RefundStatus
from models.sandbox import SandboxRefund
from tests.api import Api
from tests.behind import traces, unchanged
from tests.telling import Slow, event, every, id_of, journal, refunds, tell
from tests.test_money_audit import found
from tests.test_outstanding_refunds import NOT_OUTSTANDING, PAYMENT, booked, outstanding

HOUR = timedelta(hours=1)


def did_and_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refunds are made and told as refused."""
    refund = api.running.sandbox.refund

    async def lie(**asked: Any) -> ProviderRefund:
        await refund(**asked)
        raise ProviderRefusal("unknown")

    monkeypatch.setattr(api.running.sandbox, "refund", lie)


def named_there(api: Api, order: dict[str, Any]) -> str:
    """What the sandbox calls the order's first refund."""
    (refund, *_) = refunds(api, order)

    async def find() -> str:
        query = sa.select(SandboxRefund).filter_by(idempotency_key=str(refund.id))
        async with api.running.database.reading() as session:
            return (await session.execute(query)).scalar_one().id

    return api.running.do(find())


def test_one_that_was_taken_for_refused_and_proves_paid_out_is_booked(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with monkeypatch.context() as patched:
        did_and_refused(api, patched)
        staff.run("refund_payment", paymentId=id_of(customer, order), amount="10.00")
    assert [each["status"] for each in outstanding(staff, order)] == ["FAILED"]
    reference = named_there(api, order)
    slow = Slow(api, monkeypatch)
    with unchanged(api, order):  # nothing has gone back by that
        api.running.do(tell(api, event(refund=reference)))
    slow.decide(RefundStatus.SUCCEEDED)

    api.running.do(tell(api, event(refund=reference)))
    with unchanged(api, order):
        api.running.do(tell(api, event(refund=reference)))

    left = traces(api, order)
    left.check()
    assert (left.refunds, left.charged) == ((("SUCCEEDED", 1000),), [("SUCCEEDED", 16868)])
    assert left.mails.count("REFUNDED") == 1
    assert outstanding(staff, order) == []
    assert sorted(journal(api, order)) == sorted(
        [PAYMENT, *(booked(f"REFUND_{what}", 1000) for what in ("PROMISED", "FAILED", "REOPENED", "PAID"))]
    )
    assert found(staff, order) == []
    slow.decide(RefundStatus.FAILED, "declined")
    api.running.do(tell(api, event(refund=reference)))
    assert journal(api, order)[-1] == booked("REFUND_RETURNED", 1000)


def test_more_than_was_paid_is_not_booked_as_gone_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one was paid out, which nobody knew when another was made in its place."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with monkeypatch.context() as patched:
        did_and_refused(api, patched)
        staff.run("refund_payment", paymentId=id_of(customer, order))
    (failed,) = outstanding(staff, order)
    staff.run("retry_refund", refundId=failed["id"], byTransfer=True)
    told = event(refund=named_there(api, order))
    with unchanged(api, order):
        api.running.do(tell(api, told))
    (held,) = [each for each in every(staff, "held_events") if each["eventId"] == told.id]
    assert (held["reason"], held["order"]["id"]) == ("REFUNDED_TOO_MUCH", order["id"])


def test_what_the_provider_cannot_pay_out_staff_send_by_transfer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")

    async def refuse(**_: Any) -> Any:
        raise ProviderRefusal("expired_card")

    monkeypatch.setattr(api.running.sandbox, "refund", refuse)
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="10.00")
    (failed,) = outstanding(staff, order)

    again = staff.run("retry_refund", refundId=failed["id"], byTransfer=True)

    assert again["errors"] == []
    api.running.move_clock(HOUR)
    api.running.relay_once()
    (owed,) = outstanding(staff, order)
    assert (owed["id"], owed["status"], owed["byTransfer"], owed["nextTryAt"]) == (
        again["refund"]["id"],
        "PENDING",
        True,
        None,
    )
    assert staff.run("mark_refund_sent", refundId=owed["id"])["errors"] == []
    left = traces(api, order)
    left.check()
    assert left.refunds == (("FAILED", 1000), ("SUCCEEDED", 1000))
    assert left.mails[-1] == "REFUNDED"
    assert left.charged == [("SUCCEEDED", 17868)]
    assert journal(api, order)[-1] == ("REFUND_PAID", "OWED", "BANK", 1000)
    assert found(staff, order) == []


def test_one_that_was_made_good_and_comes_back_itself_is_not_made_good_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    with monkeypatch.context() as patched:
        did_and_refused(api, patched)
        staff.run("refund_payment", paymentId=id_of(customer, order), amount="10.00")
    (failed,) = outstanding(staff, order)
    assert staff.run("retry_refund", refundId=failed["id"])["errors"] == []
    slow = Slow(api, monkeypatch)
    reference = named_there(api, order)
    for status in (RefundStatus.SUCCEEDED, RefundStatus.FAILED):
        slow.decide(status)
        api.running.do(tell(api, event(refund=reference)))
    assert [each["id"] for each in outstanding(staff, order)] == [failed["id"]]

    with unchanged(api, order):
        again = staff.run("retry_refund", refundId=failed["id"])

    assert again["errors"] == [NOT_OUTSTANDING]
    assert staff.run("dismiss_refund", refundId=failed["id"], reason="Made good.")["errors"] == []
    assert traces(api, order).refunds == (("FAILED", 1000), ("SUCCEEDED", 1000))
