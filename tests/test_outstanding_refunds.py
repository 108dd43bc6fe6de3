"""Refunds on their way: decided later by the provider, sent by hand, refused, come back, tried again or let be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from gateways.payments import ProviderRefund, ProviderRefusal
from models.account import AccountType
from models.payment import RefundStatus
from tests.answers import not_found, plain, refused
from tests.api import Api, Person
from tests.behind import traces, unchanged
from tests.telling import Slow, event, every, id_of, journal, refunds, tell

HOUR = timedelta(hours=1)
NOT_OUTSTANDING = plain(refused("REFUND_NOT_OUTSTANDING", "This refund does not wait for that.", "refundId"))
PAYMENT = ("PAYMENT", "PROVIDER", "PAID", 17868)


def outstanding(staff: Person, order: dict[str, Any]) -> list[dict[str, Any]]:
    found = every(staff, "outstanding_refunds")
    return [each for each in found if each["payment"]["order"]["id"] == order["id"]]


def booked(kind: str, amount: int = 17868) -> tuple[str, str, str, int]:
    """Of a refund of what the provider holds."""
    return {
        "REFUND_PROMISED": (kind, "PAID", "OWED", amount),
        "REFUND_PAID": (kind, "OWED", "PROVIDER", amount),
        "REFUND_FAILED": (kind, "OWED", "PAID", amount),
        "REFUND_REOPENED": (kind, "PAID", "OWED", amount),
        "REFUND_RETURNED": (kind, "PROVIDER", "PAID", amount),
    }[kind]


def test_one_that_the_provider_decides_later_is_asked_after(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    slow = Slow(api, monkeypatch)

    payload = staff.run("refund_payment", paymentId=id_of(customer, order))
    assert (payload["payment"]["status"], payload["errors"]) == ("REFUNDED", [])
    assert traces(api, order).refunds == (("PENDING", 17868),)
    assert "REFUNDED" not in traces(api, order).mails
    assert [each["status"] for each in outstanding(staff, order)] == ["PENDING"]
    api.running.move_clock(HOUR)
    api.running.relay_once()
    assert traces(api, order).refunds == (("PENDING", 17868),)

    slow.decide(RefundStatus.SUCCEEDED)
    api.running.move_clock(HOUR)
    with customer.follow("order_live", id=order["id"]) as live:
        before = live.next()["version"]
        api.running.relay_once()
        assert live.next()["version"] == before + 1

    left = traces(api, order)
    left.check()
    assert left.log[-1][1:] == ("REFUND", None, None, None, "PAYMENT_PROVIDER")
    assert left.refunds == (("SUCCEEDED", 17868),)
    assert left.mails.count("REFUNDED") == 1
    assert outstanding(staff, order) == []
    assert journal(api, order) == [PAYMENT, booked("REFUND_PROMISED"), booked("REFUND_PAID")]


def test_one_that_fails_later_waits_for_staff_and_can_be_tried_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    slow = Slow(api, monkeypatch)
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="10.00", reason="Late.")
    slow.decide(RefundStatus.FAILED, "expired_or_canceled_card")
    api.running.move_clock(HOUR)
    api.running.relay_once()
    (failed,) = outstanding(staff, order)
    assert (failed["status"], failed["failureCode"]) == ("FAILED", "expired_or_canceled_card")
    assert customer.run("order_payments", number=order["number"])["payments"][0]["refunded"]["amount"] == "0.00"
    monkeypatch.undo()

    again = staff.run("retry_refund", refundId=failed["id"])

    assert again["errors"] == []
    assert (again["refund"]["status"], again["refund"]["reason"]) == ("SUCCEEDED", "Late.")
    assert again["refund"]["id"] != failed["id"]
    assert outstanding(staff, order) == []
    with unchanged(api, order):
        assert staff.run("retry_refund", refundId=failed["id"])["errors"] == [NOT_OUTSTANDING]
        assert staff.run("dismiss_refund", refundId=failed["id"], reason="Again.")["errors"] == [NOT_OUTSTANDING]
    assert traces(api, order).refunds == (("FAILED", 1000), ("SUCCEEDED", 1000))
    by = [each[-1] for each in traces(api, order).log[-2:]]
    assert by == ["STAFF", "PAYMENT_PROVIDER"]  # who promised it, and who paid it out


def test_one_that_comes_back_after_it_was_paid_out(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its credit note stands for the one that makes it good."""
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"])
    slow = Slow(api, monkeypatch)
    slow.decide(RefundStatus.SUCCEEDED)
    staff.run("refund_payment", paymentId=id_of(customer, order))
    (refund,) = refunds(api, order)
    assert outstanding(staff, order) == []
    slow.decide(RefundStatus.FAILED, "declined")
    api.running.do(tell(api, event(refund=refund.provider_reference)))
    with unchanged(api, order):  # nor does an older word undo it
        slow.decide(RefundStatus.SUCCEEDED)
        api.running.do(tell(api, event(refund=refund.provider_reference)))

    (failed,) = outstanding(staff, order)
    assert failed["failureCode"] == "declined"
    assert journal(api, order)[1:] == [
        booked("REFUND_PROMISED"),
        booked("REFUND_PAID"),
        booked("REFUND_RETURNED"),
    ]
    assert customer.run("order_payments", number=order["number"])["payments"][0]["status"] == "SUCCEEDED"
    assert traces(api, order).documents == (("INVOICE", 17868), ("CREDIT_NOTE", 17868))

    monkeypatch.undo()
    monkeypatch.setattr(api.running.sandbox, "refund", _paid_again)
    assert staff.run("retry_refund", refundId=failed["id"])["refund"]["status"] == "SUCCEEDED"
    assert traces(api, order).documents == (("INVOICE", 17868), ("CREDIT_NOTE", 17868))


async def _paid_again(**asked: Any) -> ProviderRefund:
    """The sandbox's own books do not know that an earlier one was not paid out, or came back."""
    return ProviderRefund("re_again_" + asked["idempotency_key"], RefundStatus.SUCCEEDED, asked["amount"])


def test_one_that_the_provider_refuses_is_let_be(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")

    async def refuse(**_: Any) -> Any:
        raise ProviderRefusal("charge_disputed")

    monkeypatch.setattr(api.running.sandbox, "refund", refuse)
    staff.run("refuse_order", orderId=order["id"], reason="No.")
    api.running.relay_once()
    (failed,) = outstanding(staff, order)
    assert failed["failureCode"] == "charge_disputed"
    assert journal(api, order) == [PAYMENT, booked("REFUND_PROMISED"), booked("REFUND_FAILED")]

    payload = staff.run("dismiss_refund", refundId=failed["id"], reason="The bank has given it back.")

    assert (payload["errors"], payload["refund"]["status"]) == ([], "FAILED")
    assert payload["refund"]["closedAt"] is not None
    assert outstanding(staff, order) == []
    assert traces(api, order).log[-1][-1] == "STAFF"
    empty = staff.run("dismiss_refund", refundId=failed["id"], reason=" ")
    assert [error["code"] for error in empty["errors"]] == ["INVALID_INPUT"]


def test_what_is_not_left_any_more_is_not_tried_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    slow = Slow(api, monkeypatch)
    slow.decide(RefundStatus.FAILED, "unknown")
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="100.00")
    monkeypatch.setattr(api.running.sandbox, "refund", _paid_again)
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="100.00")
    failed = next(each for each in outstanding(staff, order) if each["status"] == "FAILED")
    with unchanged(api, order):
        errors = staff.run("retry_refund", refundId=failed["id"])["errors"]
    assert [error["code"] for error in errors] == ["REFUND_NOT_POSSIBLE"]


def test_of_many_who_try_again_at_once_one_does(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    slow = Slow(api, monkeypatch)
    slow.decide(RefundStatus.FAILED, "unknown")
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="10.00")
    monkeypatch.undo()
    (failed,) = outstanding(staff, order)
    with ThreadPoolExecutor(6) as pool:
        payloads = list(pool.map(lambda _: staff.run("retry_refund", refundId=failed["id"]), range(6)))
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1, 1, 1, 1, 1]
    assert traces(api, order).refunds == (("FAILED", 1000), ("SUCCEEDED", 1000))


def test_what_came_by_transfer_is_owed_until_staff_have_sent_it(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    transfer = customer.pay(order, "", "BANK_TRANSFER")["payment"]["id"]
    staff.run("record_bank_transfer", paymentId=transfer)
    staff.run("refuse_order", orderId=order["id"], reason="No.")
    api.running.move_clock(HOUR)
    api.running.relay_once()
    (owed,) = outstanding(staff, order)
    assert (owed["status"], owed["nextTryAt"], owed["payment"]["kind"]) == ("PENDING", None, "BANK_TRANSFER")
    assert "REFUNDED" not in traces(api, order).mails

    sent = staff.run("mark_refund_sent", refundId=owed["id"])

    assert (sent["errors"], sent["refund"]["status"]) == ([], "SUCCEEDED")
    left = traces(api, order)
    left.check()
    assert left.mails[-1] == "REFUNDED"
    assert left.log[-1][1:] == ("REFUND", None, None, None, "STAFF")
    assert outstanding(staff, order) == []
    with unchanged(api, order):
        assert staff.run("mark_refund_sent", refundId=owed["id"])["errors"] == [NOT_OUTSTANDING]
    assert journal(api, order) == [
        ("PAYMENT", "BANK", "PAID", 17868),
        ("REFUND_PROMISED", "PAID", "OWED", 17868),
        ("REFUND_PAID", "OWED", "BANK", 17868),
    ]


def test_staff_do_not_send_what_the_provider_pays_out(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    Slow(api, monkeypatch)
    staff.run("refund_payment", paymentId=id_of(customer, order))
    (owed,) = outstanding(staff, order)
    with unchanged(api, order):
        assert staff.run("mark_refund_sent", refundId=owed["id"])["errors"] == [NOT_OUTSTANDING]
        assert staff.run("retry_refund", refundId=owed["id"])["errors"] == [NOT_OUTSTANDING]
        for unknown in ("", order["id"], "UmVmdW5kOm5vdGhpbmc"):
            payload = staff.run("mark_refund_sent", refundId=unknown)
            assert payload == {"refund": None, "errors": [plain(not_found("refund", "refundId"))]}


@pytest.mark.parametrize(("kind", "account"), [("PREPAID_ACCOUNT", "PREPAID"), ("DEFERRED_PAYMENT", "RECEIVABLE")])
def test_what_is_in_our_own_books_is_given_back_at_once(api: Api, kind: str, account: str) -> None:
    customer = api.customer(prepaid=50_000, account_type=AccountType.ADMINISTRATION)
    staff = api.staff()
    order = customer.place("server")
    payment = customer.pay(order, "", kind)["payment"]["id"]
    staff.run("refund_payment", paymentId=payment)
    assert outstanding(staff, order) == []
    amount = traces(api, order).order[2]
    entries = journal(api, order)
    assert sorted(entries) == sorted(
        [
            ("PAYMENT", account, "PAID", amount),
            ("REFUND_PROMISED", "PAID", "OWED", amount),
            ("REFUND_PAID", "OWED", account, amount),
        ]
    )
