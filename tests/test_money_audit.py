"""The audit: where books agree it says so, and it finds whatever they do not agree on; the journal is append-only."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.payment import RefundStatus
from tests.answers import failures
from tests.api import QUERIES, Api, Person
from tests.bank import Line, hold
from tests.behind import traces
from tests.telling import Slow, attempts, event, id_of, refunds, tell, unheard
from tests.test_strong_authentication import approve_unheard, begin


def found(staff: Person, order: dict[str, Any] | None, *references: str | None) -> list[tuple[str, str, str]]:
    """Differences about one order or these charges and refunds, of whatever else there is: kind, ours, theirs."""
    # Of a short time only: other tests leave differences behind, and no more than 100 are told.
    now = datetime.now(UTC) + staff.api.running.database.clock_offset
    since, until = (now - timedelta(minutes=2)).isoformat(), (now + timedelta(minutes=2)).isoformat()
    audit = staff.run("money_audit", since=since, until=until)
    assert audit["differenceCount"] == len(audit["differences"]) < 100
    assert audit["balanced"] == (not audit["differences"])
    return [
        (each["kind"], *((each[side] or {"amount": "-"})["amount"] for side in ("ours", "theirs")))
        for each in audit["differences"]
        if each["reference"] in references or (order and each["order"] and each["order"]["id"] == order["id"])
    ]


def run(api: Api, statement: str, **values: Any) -> None:
    """Somebody has their hands in the database."""

    async def execute() -> None:
        async with api.running.database.writing() as tx:
            await tx.session.execute(sa.text(statement), values)

    api.running.do(execute())


def test_all_that_can_happen_to_money_leaves_no_difference(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(prepaid=100_000), api.staff()
    orders = [customer.place_and_pay("server") for _ in range(4)]
    staff.run("refund_payment", paymentId=id_of(customer, orders[0]), amount="1.00")
    staff.run("refuse_order", orderId=orders[1]["id"], reason="No.")
    customer.run("withdraw_from_order", orderId=orders[2]["id"])
    slow = Slow(api, monkeypatch)
    slow.decide(RefundStatus.FAILED, "unknown")
    for kind in ("PREPAID_ACCOUNT", "BANK_TRANSFER"):
        orders.append(customer.place("book"))
        customer.pay(orders[-1], "", kind)
    staff.run("record_bank_transfer", paymentId=id_of(customer, orders[-1]))
    staff.run("refuse_order", orderId=orders[-1]["id"], reason="No.")
    monkeypatch.undo()
    api.running.relay_once()
    for order in orders:
        traces(api, order).check()
        assert found(staff, order) == []


def test_money_that_the_provider_has_and_we_do_not_know_of(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    approve_unheard(api, begin(customer, order))
    (payment,) = attempts(api, order)
    assert found(staff, order) == [("NOT_BOOKED", "-", "178.68")]
    api.running.do(tell(api, event(charge=payment.provider_reference)))
    assert found(staff, order) == []

    strange, twice = f"ch_{uuid4().hex}", f"ch_{uuid4().hex}"
    insert = (
        "INSERT INTO sandbox_charges (id, idempotency_key, token, amount, currency, status, refunded, created_at) "
        "SELECT :id, :key, token, amount, currency, status, 0, created_at FROM sandbox_charges WHERE id = :like"
    )
    run(api, insert, id=strange, key=strange, like=payment.provider_reference)
    assert found(staff, None, strange) == [("UNKNOWN_CHARGE", "-", "178.68")]
    run(api, "DELETE FROM sandbox_charges WHERE id = :id", id=strange)
    run(api, "UPDATE sandbox_charges SET idempotency_key = id WHERE id = :id", id=payment.provider_reference)
    run(api, insert, id=twice, key=str(payment.id), like=payment.provider_reference)
    assert found(staff, None, twice) == [("CHARGED_TWICE", "178.68", "178.68")]
    run(api, "DELETE FROM sandbox_charges WHERE id = :id", id=twice)


def test_money_that_we_have_and_the_provider_does_not(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("refund_payment", paymentId=id_of(customer, order), amount="10.00")
    (payment,), (refund,) = attempts(api, order), refunds(api, order)
    change = "UPDATE sandbox_charges SET amount = amount + :more WHERE id = :id"
    run(api, change, more=1, id=payment.provider_reference)
    assert found(staff, order) == [("OTHER_AMOUNT", "178.68", "178.69")]
    run(api, change, more=-1, id=payment.provider_reference)
    run(api, "UPDATE sandbox_charges SET status = 'FAILED' WHERE id = :id", id=payment.provider_reference)
    assert found(staff, order) == [("NOT_AT_PROVIDER", "178.68", "-")]
    run(api, "UPDATE sandbox_charges SET status = 'SUCCEEDED' WHERE id = :id", id=payment.provider_reference)
    run(api, "UPDATE sandbox_refunds SET amount = 999 WHERE id = :id", id=refund.provider_reference)
    assert found(staff, order) == [("OTHER_AMOUNT", "10.00", "9.99")]
    run(api, "UPDATE sandbox_refunds SET amount = 1000 WHERE id = :id", id=refund.provider_reference)
    assert found(staff, order) == []


def test_what_the_provider_had_begun_before_is_no_difference(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    long_ago = "UPDATE sandbox_charges SET created_at = '2020-01-01 00:00:00+00:00' WHERE id = :id"
    run(api, long_ago, id=payment.provider_reference)
    assert found(staff, order) == []


def test_books_that_do_not_agree_with_the_journal(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    (payment,) = attempts(api, order)
    values = {"id": payment.id if not api.running.database.sqlite else payment.id.hex}
    run(api, "UPDATE payments SET refunded = 5 WHERE id = :id", **values)
    assert found(staff, order) == [("BOOKS_DISAGREE", "0.05", "0.00")]
    run(api, "UPDATE payments SET refunded = 0, status = 'FAILED' WHERE id = :id", **values)
    assert found(staff, order) == [("BOOKS_DISAGREE", "178.68", "0.00"), ("ORDER_DISAGREES", "0.00", "178.68")]
    run(api, "UPDATE payments SET status = 'SUCCEEDED' WHERE id = :id", **values)
    run(api, "UPDATE orders SET status = 'UNPAID' WHERE number = :number", number=int(order["number"]))
    assert found(staff, order) == [("ORDER_DISAGREES", "178.68", "0.00")]
    run(api, "UPDATE orders SET status = 'CONFIRMATION' WHERE number = :number", number=int(order["number"]))
    assert found(staff, order) == []


def test_what_is_held_and_not_in_the_journal(api: Api) -> None:
    staff, line = api.staff(), Line("1.00", "Who knows")
    hold(api, line)
    (name,) = [row for row in names_of_held(api) if line.id in row]
    assert found(staff, None, name) == []
    copied = (
        "INSERT INTO held_payments (id, source, external_id, amount, currency, text, reason, held_at) "
        "SELECT :id, source, :name, amount, currency, text, reason, held_at FROM held_payments "
        "WHERE external_id = :like"
    )
    key = uuid4()
    run(api, copied, id=key.hex if api.running.database.sqlite else key, name=f"{name}2", like=name)
    assert found(staff, None, f"{name}2") == [("BOOKS_DISAGREE", "-", "1.00")]
    run(api, "DELETE FROM held_payments WHERE external_id = :name", name=f"{name}2")


def names_of_held(api: Api) -> list[str]:
    async def read() -> list[str]:
        async with api.running.database.reading() as session:
            return list((await session.execute(sa.text("SELECT external_id FROM held_payments"))).scalars())

    return api.running.do(read())


CHANGES = ("UPDATE journal_entries SET amount = amount + 1", "DELETE FROM journal_entries", "TRUNCATE journal_entries")


@pytest.mark.parametrize("statement", CHANGES)
def test_what_is_in_the_journal_stays_as_it_is(api: Api, statement: str) -> None:
    api.customer().place_and_pay("server")
    if statement.startswith("TRUNCATE") and api.running.database.sqlite:
        pytest.skip("SQLite knows no TRUNCATE")
    with pytest.raises(IntegrityError, match="append-only"):
        run(api, statement)


def test_a_span_of_time_has_an_end_and_bounds(api: Api) -> None:
    staff, text = api.staff(), (QUERIES / "money_audit.graphql").read_text()
    assert staff.run("money_audit")["until"] > staff.run("money_audit")["since"]
    for since, until in (
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:01Z"),
    ):
        answer = staff.send(text, {"since": since, "until": until})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    answer = staff.send(text, {"until": "0001-01-01T12:00:00Z"})  # a day before that there is no time
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


def test_without_the_provider_there_is_no_audit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place("server")
    begin(customer, order)

    async def none(**_: Any) -> Any:
        await unheard()
        yield

    monkeypatch.setattr(api.running.sandbox, "movements", none)
    monkeypatch.setattr(api.running.sandbox, "retrieve", unheard)
    answer = staff.send((QUERIES / "money_audit.graphql").read_text())
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
    assert failures(staff, "check_payment", paymentId=id_of(customer, order)) == ["UNAVAILABLE"]
