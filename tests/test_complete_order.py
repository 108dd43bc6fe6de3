"""Completing an order: it is delivered, the access details go into one mail and nowhere else, the invoice is issued."""

from uuid import uuid4

import sqlalchemy as sa

from tests.answers import STAFF_MAY, done, illegal, invalid, shown
from tests.api import Api
from tests.behind import traces, unchanged

SECRET = "root / correct horse battery"


def test_it_is_delivered_once(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    order = customer.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])

    payload = staff.run("complete_order", orderId=order["id"], accessDetails=SECRET)

    assert payload == done(order, "COMPLETE", 5)
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("BEING_PROCESSED", "COMPLETE", "STAFF")
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED", "ORDER_COMPLETE")
    assert left.documents == (("INVOICE", 17868),)
    with unchanged(api, order):
        again = staff.run("complete_order", orderId=order["id"], accessDetails=SECRET)
    assert again == {"order": shown(order, "COMPLETE", 5), "errors": [illegal("COMPLETE", *STAFF_MAY["COMPLETE"])]}


def test_access_details_stand_in_the_mail_alone(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    secret = f"root / {uuid4()}"
    order = customer.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"], accessDetails=secret)
    assert everything_stored(api).count(secret) == 1  # until it is sent

    api.running.relay_once()

    assert secret not in everything_stored(api)
    tracking = customer.run("order_tracking", number=order["number"])
    assert secret not in str(tracking)


def test_case_12_no_step_is_skipped(api: Api) -> None:
    customer, staff = api.customer(), api.staff()
    unpaid, paid, asked = customer.place("server"), customer.place_and_pay(), customer.place_and_pay()
    staff.run("request_documents", orderId=asked["id"], documents=["OTHER"])
    found = {"UNPAID": (unpaid, 1), "CONFIRMATION": (paid, 3), "DOCUMENTS_REQUESTED": (asked, 4)}
    with unchanged(api, unpaid, paid, asked):
        for status, (order, version) in found.items():
            payload = staff.run("complete_order", orderId=order["id"], accessDetails=SECRET)
            assert payload == {
                "order": shown(order, status, version),
                "errors": [illegal(status, *STAFF_MAY[status])],
            }
        payload = staff.run("complete_order", orderId=paid["id"], accessDetails="d" * 10_001)
        assert payload["errors"] == [invalid("This text is too long.", "accessDetails")]


def everything_stored(api: Api) -> str:
    """Every value of every table, as text."""

    async def read() -> str:
        async with api.running.database.reading() as session:
            connection = await session.connection()
            names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
            rows = [list(await session.execute(sa.text(f'SELECT * FROM "{name}"'))) for name in names]  # noqa: S608 (our own tables)
        return str(rows)

    return api.running.do(read())
