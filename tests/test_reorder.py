"""Placing an order that has ended once more: the same basket at today's prices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.product import Product, Promotion
from tests.answers import illegal, not_found, plain
from tests.api import Api, Person
from tests.behind import unchanged


def basket(person: Person, order: dict[str, Any]) -> list[tuple[str, int, str]]:
    lines = person.run("purchase_order", number=order["number"])["purchaseOrder"]["lines"]
    return [(line["product"]["code"], line["quantity"], line["totalWithoutTax"]["amount"]) for line in lines]


def ended(api: Api, customer: Person, how: str, **fields: Any) -> dict[str, Any]:
    lines = [{"productCode": "server", "quantity": 2}, {"productCode": "book"}]
    order = dict(customer.run("place_order", lines=lines, **fields)["order"])
    if how == "CANCELLED":
        customer.run("cancel_order", orderId=order["id"])
    elif how == "EXPIRED":
        api.running.move_clock(timedelta(days=1))
        api.running.relay_once()
    else:
        customer.pay(order)
        api.staff().run("confirm_order", orderId=order["id"])
        api.staff().run("complete_order", orderId=order["id"])
    return order


@pytest.mark.parametrize("how", ["COMPLETE", "EXPIRED", "CANCELLED"])
def test_a_new_order_of_the_same_things(api: Api, how: str) -> None:
    customer = api.customer()
    old = ended(api, customer, how, voucherCode="TENPERCENT")

    with unchanged(api, old):
        payload = customer.run("reorder", orderId=old["id"])

    new = payload["order"]
    assert payload["errors"] == []
    assert new["status"] == "UNPAID"
    assert new["id"] != old["id"]
    # The set-up fee comes along with its product once, not once more for having been a line.
    assert basket(customer, new) == [("server", 2, "199.80"), ("setup", 2, "98.00"), ("book", 1, "19.90")]
    # A voucher is used once.
    assert customer.run("purchase_order", number=new["number"])["purchaseOrder"]["reductions"] == []
    assert customer.pay(new)["order"]["status"] == "CONFIRMATION"


def test_prices_are_todays(api: Api) -> None:
    customer = api.customer()
    old = customer.place("book")
    customer.run("cancel_order", orderId=old["id"])
    promotion = uuid7()

    async def reduce_price() -> None:
        async with api.running.database.writing() as tx:
            book = (await tx.session.execute(sa.select(col(Product.id)).filter_by(code="book"))).scalar_one()
            tx.session.add(Promotion(id=promotion, label="Today", product_id=book, percentage=5000, starts_at=tx.now))

    async def restore_price() -> None:
        async with api.running.database.writing() as tx:
            await tx.session.execute(sa.delete(Promotion).where(col(Promotion.id) == promotion))

    api.running.do(reduce_price())
    try:
        new = customer.run("reorder", orderId=old["id"])["order"]
    finally:
        api.running.do(restore_price())
    assert basket(customer, new) == [("book", 1, "9.95")]
    assert basket(customer, old) == [("book", 1, "19.90")]


def test_the_same_key_places_one(api: Api) -> None:
    customer = api.customer()
    old = ended(api, customer, "CANCELLED")
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(customer.run, "reorder", orderId=old["id"], idempotencyKey="once") for _ in range(8)]
        payloads = [each.result() for each in asked]
    assert len({payload["order"]["id"] for payload in payloads}) == 1
    assert len(customer.run("my_orders")["nodes"]) == 2
    other = ended(api, customer, "CANCELLED")
    (error,) = customer.run("reorder", orderId=other["id"], idempotencyKey="once")["errors"]
    assert error["code"] == "IDEMPOTENCY_MISMATCH"


def test_what_has_not_ended_is_not_placed_again(api: Api) -> None:
    customer = api.customer()
    open_one, paid = customer.place("server"), customer.place_and_pay("server")
    with unchanged(api, open_one, paid):
        for order, status, allowed in ((open_one, "UNPAID", ["PAY", "CANCEL"]), (paid, "CONFIRMATION", ["WITHDRAW"])):
            payload = customer.run("reorder", orderId=order["id"])
            assert payload["order"] is None
            assert [plain(error) for error in payload["errors"]] == [plain(illegal(status, *allowed))]
    assert len(customer.run("my_orders")["nodes"]) == 2


def test_another_ones_order_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    old = ended(api, customer, "CANCELLED")
    for unknown in (old["id"], "T3JkZXI6bm90aGluZw"):
        payload = other.run("reorder", orderId=unknown)
        assert payload["order"] is None
        assert [plain(error) for error in payload["errors"]] == [plain(not_found("order", "orderId"))]
    assert other.run("my_orders")["nodes"] == []
