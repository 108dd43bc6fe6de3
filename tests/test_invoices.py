"""Invoices and credit notes: numbered without a hole, whoever completes what at once; shown to owner and staff only."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from models.document import Invoice
from schema.ids import uuid_of
from tests.api import Api, Person
from tests.behind import traces, unchanged


def ready(customer: Person, staff: Person, *codes: str) -> dict[str, Any]:
    """An order that only waits to be completed."""
    order = customer.place_and_pay(*codes)
    staff.run("confirm_order", orderId=order["id"])
    return order


def numbers(api: Api) -> dict[str, list[int]]:
    """All that were ever given, by series."""

    async def read() -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        async with api.running.database.reading() as session:
            given = sa.select(col(Invoice.series), col(Invoice.number)).order_by(col(Invoice.number))
            for series, number in await session.execute(given):
                found.setdefault(series, []).append(number)
        return found

    return api.running.do(read())


def references(api: Api, order: dict[str, Any]) -> list[str]:
    async def read() -> list[str]:
        async with api.running.database.reading() as session:
            mine = sa.select(Invoice).where(col(Invoice.order_id) == uuid_of(order["id"], "Order"))
            return [each.reference for each in (await session.execute(mine.order_by(col(Invoice.id)))).scalars()]

    return api.running.do(read())


def assert_without_a_hole(api: Api) -> None:
    for series, given in numbers(api).items():
        assert given == list(range(1, len(given) + 1)), series


def test_numbers_have_no_hole_however_many_are_given_at_once(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    orders = [ready(customer, staff, "book") for _ in range(12)]
    refused = [customer.place("book") for _ in range(6)]
    # Each is completed twice at once, among some that cannot be.
    jobs = [*orders, *refused, *orders]
    with ThreadPoolExecutor(10) as pool:
        payloads = list(pool.map(lambda order: staff.run("complete_order", orderId=order["id"]), jobs))

    assert sum(payload["errors"] == [] for payload in payloads) == len(orders)
    assert_without_a_hole(api)
    assert all([kind for kind, _ in traces(api, order).documents] == ["INVOICE"] for order in orders)


def test_money_that_goes_back_after_the_invoice_has_a_credit_note(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = ready(customer, staff, "server")
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    staff.run("refund_payment", paymentId=payment["id"], amount="10.00")  # before there is an invoice
    staff.run("complete_order", orderId=order["id"])
    parts = ["1.00", "2.00", "3.00", "4.00"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: staff.run("refund_payment", paymentId=payment["id"], amount=each), parts))

    documents = traces(api, order).documents
    assert documents[0] == ("INVOICE", 17868)
    assert sorted(documents[1:]) == [("CREDIT_NOTE", amount) for amount in (100, 200, 300, 400)]
    assert_without_a_hole(api)
    invoice, *notes = references(api, order)
    assert invoice.startswith("F")
    assert all(note.startswith("A") for note in notes)


def test_documents_are_for_owner_and_staff_only(api: Api) -> None:
    customer, other, staff = api.customer(), api.customer(), api.staff()
    order = ready(customer, staff, "server")
    assert customer.run("order_payments", number=order["number"])["invoice"] is None
    staff.run("complete_order", orderId=order["id"])
    customer.run("withdraw_from_order", orderId=order["id"])
    api.running.relay_once()
    invoice, note = references(api, order)
    shown = customer.run("order_payments", number=order["number"])["invoice"]
    assert shown == {"url": f"{api.url}/invoices/{invoice}.pdf", "mediaType": "application/pdf"}

    for reference in (invoice, note):
        for person in (customer, staff):
            page = person.get(f"/invoices/{reference}.html")
            assert page.status_code == 200
            assert reference in page.text
        missing = other.get("/invoices/F2000-000001.html")
        for person_gets in (other.get(f"/invoices/{reference}.html"), other.get(f"/invoices/{reference}.pdf")):
            assert (person_gets.status_code, person_gets.text) == (404, missing.text)
        assert api.http.get(f"/invoices/{reference}.pdf").status_code == 401


def test_an_order_that_was_never_delivered_has_no_document(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = ready(customer, staff, "server")
    staff.run("refuse_order", orderId=order["id"], reason="No.")
    api.running.relay_once()
    left = traces(api, order)
    left.check()
    assert left.documents == ()
    with unchanged(api, order):
        assert customer.run("order_payments", number=order["number"])["invoice"] is None
