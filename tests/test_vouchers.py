"""Vouchers and promotions: what they take off, when they can be used, and that the last use goes to one order."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from uuid_utils.compat import uuid7

from models.product import Voucher
from tests.answers import refused
from tests.api import Api, Person

NOT_USABLE = refused("VOUCHER_NOT_USABLE", "This voucher cannot be used for this order.", "voucherCode")
TOO_SMALL = refused("VOUCHER_NOT_USABLE", "This voucher asks for a larger order.", "voucherCode")


def purchase(customer: Person, order: dict[str, Any]) -> dict[str, Any]:
    return dict(customer.run("purchase_order", number=order["number"])["purchaseOrder"])


def a_voucher(api: Api, **values: Any) -> str:
    """The code of a new one."""
    code = f"V{uuid7().hex.upper()}"

    async def add() -> None:
        async with api.running.database.writing() as tx:
            tx.session.add(Voucher(id=uuid7(), code=code, label="Given", starts_at=tx.now, **values))

    api.running.do(add())
    return code


def used(api: Api, code: str) -> int:
    async def read() -> int:
        async with api.running.database.reading() as session:
            found = sa.select(col(Voucher.used)).where(col(Voucher.code) == code)
            return int((await session.execute(found)).scalar_one())

    return api.running.do(read())


def test_a_percentage_is_taken_off_the_whole_order(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server", "book", voucherCode=" tenpercent ")
    shown = purchase(customer, order)
    assert shown["reductions"] == [
        {
            "kind": "VOUCHER",
            "label": "Ten percent",
            "code": "TENPERCENT",
            "percentage": "10",
            "amount": {"amount": "16.88", "currency": "EUR"},
        }
    ]
    assert shown["subtotal"]["amount"] == "168.80"
    assert shown["totalWithoutTax"]["amount"] == "151.92"
    # Spread over the rates in proportion.
    assert [(each["rate"], each["base"]["amount"], each["amount"]["amount"]) for each in shown["taxes"]] == [
        ("5.5", "17.91", "0.99"),
        ("20", "134.01", "26.80"),
    ]
    assert shown["total"]["amount"] == "179.71"


def test_a_promotion_stands_on_its_line_and_a_voucher_comes_after(api: Api) -> None:
    customer = api.customer()
    order = customer.place("promoted", voucherCode="FIVEOFF")
    shown = purchase(customer, order)
    (line,) = shown["lines"]
    amount = {"amount": "2.00", "currency": "EUR"}
    assert line["reductions"] == [
        {"kind": "PROMOTION", "label": "Launch", "code": None, "percentage": "10", "amount": amount}
    ]
    assert line["totalWithoutTax"]["amount"] == "18.00"
    assert [(each["amount"]["amount"], each["percentage"]) for each in shown["reductions"]] == [("5.00", None)]
    assert (shown["totalWithoutTax"]["amount"], shown["total"]["amount"]) == ("13.00", "15.60")


def test_a_voucher_that_pays_for_all_leaves_nothing_to_pay(api: Api) -> None:
    customer = api.customer()
    order = customer.place("book", voucherCode=a_voucher(api, amount=5000, currency="EUR"))
    assert (order["status"], order["total"]["amount"]) == ("CONFIRMATION", "0.00")
    assert purchase(customer, order)["reductions"][0]["amount"]["amount"] == "19.90"


@pytest.mark.parametrize(
    ("code", "error"), [("OLD", NOT_USABLE), ("BIG", TOO_SMALL), ("NOSUCH", NOT_USABLE), ("", NOT_USABLE)]
)
def test_one_that_cannot_be_used_makes_no_order(api: Api, code: str, error: dict[str, Any]) -> None:
    customer = api.customer()
    payload = customer.run("place_order", lines=[{"productCode": "server"}], voucherCode=code or " x ")
    assert payload == {"order": None, "errors": [error]}
    assert customer.run("my_orders")["nodes"] == []


def test_one_in_another_currency_cannot_be_used_and_is_not_used_up(api: Api) -> None:
    customer = api.customer(country="US", currency="USD")
    code = a_voucher(api, amount=500, currency="EUR", usage_limit=1)
    payload = customer.run("place_order", lines=[{"productCode": "server"}], voucherCode=code)
    assert payload == {"order": None, "errors": [NOT_USABLE]}
    assert used(api, code) == 0


def test_the_minimum_is_reached_by_a_larger_order(api: Api) -> None:
    customer = api.customer()
    code = a_voucher(api, percentage=1000, minimum=3980, usage_limit=1)
    for quantity, errors in ((1, [TOO_SMALL]), (2, [])):
        lines = [{"productCode": "book", "quantity": quantity}]
        assert customer.run("place_order", lines=lines, voucherCode=code)["errors"] == errors
    assert used(api, code) == 1


def test_the_last_use_goes_to_one_order(api: Api) -> None:
    customers = [api.customer() for _ in range(4)]
    code = a_voucher(api, percentage=1000, usage_limit=3)

    def place(number: int) -> Any:
        customer = customers[number % len(customers)]
        return customer.run("place_order", lines=[{"productCode": "book"}], voucherCode=code)

    with ThreadPoolExecutor(12) as pool:
        payloads = list(pool.map(place, range(12)))

    assert [payload["errors"] for payload in payloads if payload["errors"]] == [[NOT_USABLE]] * 9
    assert used(api, code) == 3
    assert sum(len(customer.run("my_orders")["nodes"]) for customer in customers) == 3


def test_the_same_key_uses_it_once(api: Api) -> None:
    customer = api.customer()
    code = a_voucher(api, percentage=1000, usage_limit=1)
    first, second = (customer.place("book", voucherCode=code, idempotencyKey="once") for _ in range(2))
    assert first == second
    assert used(api, code) == 1
