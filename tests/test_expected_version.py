"""expectedVersion: a change that was decided on stale knowledge is refused, and one on the latest is made."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col

from models.order import Order
from ordering.actors import SYSTEM
from ordering.history import advance
from ordering.lifecycle import Trigger
from schema.ids import uuid_of
from tests.answers import plain, shown, version_conflict
from tests.api import Api, Person
from tests.behind import traces, unchanged

CARD = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}


def unpaid(customer: Person, staff: Person) -> dict[str, Any]:
    return customer.place("server")


def paid(customer: Person, staff: Person) -> dict[str, Any]:
    return customer.place_and_pay("server")


def processed(customer: Person, staff: Person) -> dict[str, Any]:
    order = customer.place_and_pay("server")
    return dict(staff.run("confirm_order", orderId=order["id"])["order"])


@pytest.mark.parametrize(
    ("name", "prepare", "by_staff", "fields"),
    [
        ("pay_order", unpaid, False, {"source": CARD}),
        ("cancel_order", unpaid, False, {}),
        ("cancel_order", unpaid, True, {}),
        ("withdraw_from_order", paid, False, {}),
        ("confirm_order", paid, True, {}),
        ("request_documents", paid, True, {"documents": ["IDENTITY"]}),
        ("refuse_order", paid, True, {"reason": "No."}),
        ("complete_order", processed, True, {}),
    ],
)
def test_only_the_latest_version_will_do(
    api: Api, name: str, prepare: Any, by_staff: bool, fields: dict[str, Any]
) -> None:
    customer, staff = api.customer(), api.staff()
    order = prepare(customer, staff)
    person = staff if by_staff else customer
    status, version = order["status"], order["version"]

    with unchanged(api, order):
        for stale in (version - 1, version + 1, 0, -1):
            payload = person.run(name, orderId=order["id"], expectedVersion=stale, **fields)
            assert payload.pop("payment", None) is None
            assert payload == {
                "order": shown(order, status, version),
                "errors": [version_conflict(order, status, version)],
            }
    payload = person.run(name, orderId=order["id"], expectedVersion=version, **fields)
    assert payload["errors"] == []
    assert payload["order"]["status"] != status
    assert traces(api, order).order[1] > version


def test_a_refused_version_is_not_what_a_key_stands_for(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    conflict = customer.pay(order, idempotencyKey="again", expectedVersion=7)["errors"]
    assert [plain(error)["code"] for error in conflict] == ["VERSION_CONFLICT"]
    assert customer.pay(order, idempotencyKey="again", expectedVersion=1)["order"]["status"] == "CONFIRMATION"


def test_what_changed_behind_a_transaction_is_not_written_over(api: Api) -> None:
    """However it came about: an order is written in the version that was read, and all that came with it goes too."""
    customer = api.customer()
    order = customer.place()

    async def write_twice() -> None:
        async with api.running.database.writing() as tx:
            found = await tx.session.get_one(Order, uuid_of(order["id"], "Order"))
            behind = sa.update(Order).values(version=col(Order.version) + 1).where(col(Order.id) == found.id)
            await tx.session.execute(behind, execution_options={"synchronize_session": False})
            await advance(tx, found, Trigger.CANCEL, by=SYSTEM)

    before = customer.send("{ streamPosition }")
    with pytest.raises(StaleDataError):
        api.running.do(write_twice())
    assert customer.send("{ streamPosition }") == before
    assert customer.send("query ($n: String!) { order(number: $n) { status version } }", {"n": order["number"]}) == {
        "data": {"order": {"status": "UNPAID", "version": 1}}
    }
