"""Held payments in the books: in the bank from their arrival, and once they are resolved no longer held."""

import sqlalchemy as sa
from sqlmodel import col

from models.ledger import JournalEntry
from models.payment import Refund
from ordering.refunds import fail_refund, take_refund
from schema.ids import global_id, uuid_of
from tests.api import Api
from tests.bank import Line, announced, hold, reference
from tests.behind import traces
from tests.telling import refunds
from tests.test_held_payments import settle


def booked(api: Api, payment: str) -> list[tuple[str, str, str, int]]:
    """What the journal has of a held payment: kind, debit, credit, amount."""
    query = sa.select(JournalEntry).where(col(JournalEntry.subject_id) == uuid_of(payment, "HeldPayment"))

    async def read() -> list[JournalEntry]:
        async with api.running.database.reading() as session:
            return list((await session.execute(query.order_by(col(JournalEntry.kind)))).scalars())

    return [(row.kind.value, row.debit.value, row.credit.value, row.amount) for row in api.running.do(read())]


def test_what_is_held_is_in_the_journal_from_its_arrival_until_it_is_resolved(api: Api) -> None:
    staff, order = api.staff(), announced(api.customer())
    settled, returned, dismissed = (hold(api, Line("178.68")) for _ in range(3))
    received = ("HELD_RECEIVED", "BANK", "HELD", 17868)
    assert [booked(api, each) for each in (settled, returned, dismissed)] == [[received]] * 3

    settle(staff, order, settled)
    staff.run("return_held_payment", heldPaymentId=returned)
    staff.run("dismiss_held_payment", heldPaymentId=dismissed, reason="Not ours.")

    released = ("HELD_RELEASED", "HELD", "BANK", 17868)
    assert [booked(api, each) for each in (settled, returned, dismissed)] == [[received, released]] * 3
    traces(api, order).check()


def test_what_was_too_much_is_not_invoiced_when_it_is_tried_again_either(api: Api) -> None:
    staff, order = api.staff(), announced(api.customer())
    settle(staff, order, hold(api, Line("200.00", reference(order))), accept=True)
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"])
    (refund,) = refunds(api, order)
    api.running.do(_fail(api, refund))

    again = staff.run("retry_refund", refundId=global_id("Refund", refund.id))

    assert staff.run("mark_refund_sent", refundId=again["refund"]["id"])["errors"] == []
    left = traces(api, order)
    assert left.refunds == (("FAILED", 2132), ("SUCCEEDED", 2132))
    assert left.documents == (("INVOICE", 17868),)


async def _fail(api: Api, refund: Refund) -> None:
    """As if the bank had not taken the transfer."""
    async with api.running.database.writing() as tx:
        order, payment, row = await take_refund(tx, refund.id)
        fail_refund(tx, order, payment, row, "account_closed")
