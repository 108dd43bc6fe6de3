"""The audit of orders: each keeps what its status and total ask for and no more, by whatever way it came to that."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateways.payments import ProviderRefusal
from models.account import AccountType
from tests.api import Api, Person
from tests.bank import Line, announced, hold, reference
from tests.behind import traces
from tests.telling import attempts, failed_refund, id_of, refunds
from tests.test_held_payments import settle
from tests.test_money_audit import found, run
from tests.test_outstanding_refunds import outstanding

ORDER = "UPDATE orders SET {} WHERE number = :number"


def change(api: Api, order: dict[str, Any], what: str) -> None:
    run(api, ORDER.format(what), number=int(order["number"]))


def as_it_was_paid(staff: Person, order: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Differences about the order, of what was begun of late, before any clock was moved."""
    now, little = datetime.now(UTC), timedelta(minutes=2)
    audit = staff.run("money_audit", since=(now - little).isoformat(), until=(now + little).isoformat())
    assert audit["differenceCount"] == len(audit["differences"]) < 100
    return [
        (each["kind"], each["ours"]["amount"], each["theirs"]["amount"])
        for each in audit["differences"]
        if each["order"] and each["order"]["id"] == order["id"]
    ]


def stored(api: Api, key: UUID) -> UUID | str:
    return key.hex if api.running.database.sqlite else key


def test_an_order_that_is_paid_twice_and_keeps_both(api: Api) -> None:
    staff, order = api.staff(), api.customer().place_and_pay("server")
    (payment,), other = attempts(api, order), stored(api, uuid4())
    run(
        api,
        "INSERT INTO payments (id, order_id, kind, amount, refunded, currency, status, save_method, checks, created_at)"
        " SELECT :id, order_id, 'PREPAID_ACCOUNT', amount, 0, currency, status, save_method, checks, created_at"
        " FROM payments WHERE id = :like",
        id=other,
        like=stored(api, payment.id),
    )
    run(
        api,
        "INSERT INTO journal_entries (subject_id, kind, order_id, debit, credit, amount, currency, at)"
        " SELECT :id, kind, order_id, 'PREPAID', credit, amount, currency, at"
        " FROM journal_entries WHERE subject_id = :like",
        id=other,
        like=stored(api, payment.id),
    )
    assert found(staff, order) == [("ORDER_DISAGREES", "357.36", "178.68")]
    run(api, "DELETE FROM payments WHERE id = :id", id=other)
    assert found(staff, order) == []


@pytest.mark.parametrize("status", ["UNPAID", "EXPIRED", "CANCELLED"])
@pytest.mark.parametrize("refunded", ["0.00", "10.00"])
def test_an_order_that_is_not_paid_and_keeps_money(api: Api, status: str, refunded: str) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    if refunded != "0.00":
        staff.run("refund_payment", paymentId=id_of(customer, order), amount=refunded)
    change(api, order, f"status = '{status}'")
    assert found(staff, order) == [("ORDER_DISAGREES", "178.68" if refunded == "0.00" else "168.68", "0.00")]
    change(api, order, "status = 'CONFIRMATION'")
    assert found(staff, order) == []


@pytest.mark.parametrize("status", ["CONFIRMATION", "DOCUMENTS_REQUESTED", "BEING_PROCESSED", "COMPLETE"])
@pytest.mark.parametrize(("by", "total"), [(1, "178.69"), (-1, "178.67")])
def test_an_order_that_is_paid_with_another_amount_than_its_total(api: Api, status: str, by: int, total: str) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    change(api, order, f"total = total + {by}, tax = tax + {by}, status = '{status}'")
    assert found(staff, order) == [("ORDER_DISAGREES", "178.68", total)]
    # Also where all of it went back: it was never right.
    staff.run("refund_payment", paymentId=id_of(customer, order))
    assert found(staff, order) == [("ORDER_DISAGREES", "178.68", total)]
    change(api, order, f"total = total - {by}, tax = tax - {by}, status = 'CONFIRMATION'")
    assert found(staff, order) == []


@pytest.mark.parametrize("kind", ["PREPAID_ACCOUNT", "DEFERRED_PAYMENT"])
def test_money_of_our_own_books_is_compared_with_totals_too(api: Api, kind: str) -> None:
    customer, staff = api.customer(prepaid=100_000, account_type=AccountType.ADMINISTRATION), api.staff()
    order = customer.place("server")
    assert customer.pay(order, "", kind)["errors"] == []
    assert found(staff, order) == []
    change(api, order, "total = total + 1, tax = tax + 1")
    (difference,) = found(staff, order)
    assert difference[0] == "ORDER_DISAGREES"
    change(api, order, "total = total - 1, tax = tax - 1")
    assert found(staff, order) == []


@pytest.mark.parametrize(("amount", "more"), [("100.00", ""), ("200.00", ""), ("100.00", "50.00"), ("178.00", "0.69")])
def test_a_difference_that_staff_have_accepted_is_none(api: Api, amount: str, more: str) -> None:
    staff, order = api.staff(), announced(api.customer())
    ids = [hold(api, Line(each, reference(order))) for each in (amount, more) if each]
    assert settle(staff, order, *ids, accept=True)["errors"] == []
    assert found(staff, order) == []
    for refund in refunds(api, order):  # of what was too much
        run(api, "UPDATE refunds SET overpaid = false WHERE id = :id", id=stored(api, refund.id))
        (difference,) = found(staff, order)
        assert (difference[0], difference[2]) == ("ORDER_DISAGREES", "178.68")
        run(api, "UPDATE refunds SET overpaid = true WHERE id = :id", id=stored(api, refund.id))
    (payment,) = attempts(api, order)
    held = "UPDATE held_payments SET amount = amount + :more WHERE payment_id = :id"
    run(api, held, more=1, id=stored(api, payment.id))
    (difference,) = found(staff, order)
    assert (difference[0], difference[2]) == ("ORDER_DISAGREES", "178.68")
    run(api, held, more=-1, id=stored(api, payment.id))
    staff.run("refuse_order", orderId=order["id"], reason="No.")
    assert found(staff, order) == []


def test_what_was_used_before_a_withdrawal_is_kept_and_no_more(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"])
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="18.68")
    api.running.move_clock(timedelta(days=9, hours=12))
    assert customer.run("withdraw_from_order", orderId=order["id"])["errors"] == []
    api.running.relay_once()
    (kept,) = (left for status, left in traces(api, order).charged if status == "SUCCEEDED")
    assert 0 < kept < 17868
    assert as_it_was_paid(staff, order) == []

    # As if it had been delivered only when it was withdrawn from: then nothing was used.
    (payment,) = attempts(api, order)
    delivered = (
        "UPDATE changes SET at = {} WHERE order_id = (SELECT order_id FROM payments WHERE id = :id)"
        " AND to_status = 'COMPLETE'"
    )
    end = "(SELECT at FROM changes AS ends WHERE ends.order_id = changes.order_id AND ends.to_status = 'CANCELLED')"
    run(api, delivered.format(end), id=stored(api, payment.id))
    assert as_it_was_paid(staff, order) == [("ORDER_DISAGREES", f"{kept / 100:.2f}", "0.00")]


def test_a_refund_that_failed_is_owed_and_no_difference(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of outstanding refunds has it, and staff who let it be say that the customer was given it otherwise."""
    customer, staff = api.customer(), api.staff()
    orders = [customer.place_and_pay("server") for _ in range(2)]

    async def refuse(**_: Any) -> Any:
        raise ProviderRefusal("declined")

    monkeypatch.setattr(api.running.sandbox, "refund", refuse)
    for order in orders:
        staff.run("refuse_order", orderId=order["id"], reason="No.")
    api.running.relay_once()
    monkeypatch.undo()
    owed = [outstanding(staff, order)[0]["id"] for order in orders]
    assert [traces(api, order).refunds for order in orders] == [(("FAILED", 17868),)] * 2
    assert [found(staff, order) for order in orders] == [[], []]
    assert staff.run("dismiss_refund", refundId=owed[0], reason="In cash.")["errors"] == []
    assert staff.run("retry_refund", refundId=owed[1], byTransfer=True)["errors"] == []
    assert [found(staff, order) for order in orders] == [[], []]


def test_a_failed_refund_of_a_part_excuses_no_more_than_that(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    api.running.do(failed_refund(api, id_of(customer, order)))
    assert found(staff, order) == []
    change(api, order, "status = 'CANCELLED'")
    assert found(staff, order) == [("ORDER_DISAGREES", "177.68", "0.00")]
    change(api, order, "status = 'CONFIRMATION'")
