"""Filters of a list of orders: each alone, together, and with texts that mean something to a database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from stdnum import iso11649

from models.order import OrderLine
from ordering.references import reference_of
from tests.api import Api, Person
from tests.many_orders import add_orders
from tests.running import Running

LIST = """query ($filter: OrderFilter, $first: Int = 100) {
  orders(first: $first, filter: $filter) { nodes { id number status createdAt } totalCount }
}"""


@pytest.fixture(scope="module")
def customer(running: Running) -> Iterator[Person]:
    with Api(running) as api:
        person = api.customer()
        add_orders(running, person, 12, days=(1, 2, 3))
        yield person


def found(person: Person, **filter: Any) -> list[dict[str, Any]]:
    answer = person.send(LIST, {"filter": filter})
    assert "errors" not in answer, answer
    orders = answer["data"]["orders"]
    assert orders["totalCount"] == len(orders["nodes"])
    return list(orders["nodes"])


def test_status(customer: Person) -> None:
    assert {order["status"] for order in found(customer)} == {"UNPAID", "CONFIRMATION", "BEING_PROCESSED", "COMPLETE"}
    assert [order["status"] for order in found(customer, status=["UNPAID"])] == ["UNPAID"] * 3
    assert [order["status"] for order in found(customer, status="UNPAID")] == ["UNPAID"] * 3  # a list of one
    several = found(customer, status=["COMPLETE", "UNPAID", "EXPIRED", "UNPAID"])
    assert sorted(order["status"] for order in several) == ["COMPLETE"] * 3 + ["UNPAID"] * 3
    assert found(customer, status=[]) == []
    assert len(found(customer, status=None)) == 12


def test_moments_count_from_the_first_to_before_the_last(customer: Person) -> None:
    moments = sorted({order["createdAt"] for order in found(customer)})
    assert len(moments) == 3

    assert {order["createdAt"] for order in found(customer, createdFrom=moments[1])} == set(moments[1:])
    assert {order["createdAt"] for order in found(customer, createdTo=moments[1])} == {moments[0]}
    assert {order["createdAt"] for order in found(customer, createdFrom=moments[0], createdTo=moments[2])} == set(
        moments[:2]
    )
    abroad = datetime.fromisoformat(moments[1]).astimezone(UTC) + timedelta(hours=2)
    assert len(found(customer, createdFrom=abroad.strftime("%Y-%m-%dT%H:%M:%S+02:00"))) == 8
    assert found(customer, createdFrom=moments[2], createdTo=moments[0]) == []


@pytest.mark.parametrize("moment", ["2026-01-01T00:00:00", "2026-01-01", "2026-02-30T00:00:00Z", "yesterday", 0, "NaN"])
def test_a_moment_has_an_offset(customer: Person, moment: object) -> None:
    answer = customer.send(LIST, {"filter": {"createdFrom": moment}})

    assert "data" not in answer
    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_number_by_equality_or_its_first_digits(customer: Person) -> None:
    numbers = [order["number"] for order in found(customer)]
    whole, start = numbers[3], numbers[3][:4]

    assert [order["number"] for order in found(customer, number=whole)] == [whole]
    assert {order["number"] for order in found(customer, number=start)} == {n for n in numbers if n.startswith(start)}
    for none in ("", "0", whole + "0", "%", "1_", "-1", "\uff11", "1' OR '1'='1"):
        assert found(customer, number=none) == [], none


def test_an_order_is_found_by_the_reference_of_its_transfer(customer: Person) -> None:
    number = found(customer)[3]["number"]
    reference = reference_of(int(number))
    wrong = f"RF{(int(reference[2:4]) + 1) % 100:02}{number}"

    for written in (reference, reference.lower(), iso11649.format(reference), f" {number[:4]} {number[4:]} "):
        assert [order["number"] for order in found(customer, number=written)] == [number], written
        assert [order["number"] for order in found(customer, search=written)] == [number], written
    for none in (wrong, reference[:-1], reference + "0", f"{reference} {reference}"):
        assert found(customer, number=none) == found(customer, search=none) == [], none


def test_search_looks_in_numbers_and_descriptions(api: Api) -> None:
    person = api.customer()
    orders = [person.place("book") for _ in range(4)]
    for order, text in zip(orders, ("100 % cotton_shirt", "100 and more", "back\\slash", "Größe ÄB"), strict=True):
        api.running.do(_describe(api.running, int(order["number"]), text))

    def numbers(search: str) -> list[int]:
        listed = {order["number"] for order in found(person, search=search)}
        return [index for index, order in enumerate(orders) if order["number"] in listed]

    assert numbers("100") == [0, 1]
    assert numbers("100 %") == [0]
    assert numbers("%") == [0]
    assert numbers("_") == [0]
    assert numbers("COTTON_SHIRT") == [0]
    assert numbers("\\") == [2]
    assert numbers("' OR 1=1 --") == []
    assert numbers("  and MORE ") == [1]
    assert numbers("Größe") == [3]
    assert numbers(orders[2]["number"]) == [2]
    assert 2 in numbers(orders[2]["number"][:6])


async def _describe(running: Running, number: int, text: str) -> None:
    order_id = sa.text("(SELECT id FROM orders WHERE number = :number)").bindparams(number=number)
    async with running.database.writing() as tx:
        change = sa.update(OrderLine).where(col(OrderLine.order_id) == order_id).values(description=text)
        await tx.session.execute(change)


@pytest.mark.parametrize("search", ["", "   ", "x" * 101])
def test_a_search_has_one_to_a_hundred_characters(customer: Person, search: str) -> None:
    answer = customer.send(LIST, {"filter": {"search": search}})

    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_staff_look_at_one_customer_and_a_customer_at_none_but_themselves(api: Api, customer: Person) -> None:
    key = customer.run("viewer")["id"]

    assert len(found(api.staff(), customerId=key)) == 12
    assert len(found(customer, customerId=key)) == 12
    assert found(api.customer(), customerId=key) == []


def test_all_filters_hold_together(customer: Person) -> None:
    order = found(customer, status=["COMPLETE"])[0]
    later = datetime.fromisoformat(order["createdAt"]) + timedelta(seconds=1)
    filter_ = {
        "status": ["COMPLETE"],
        "createdFrom": order["createdAt"],
        "createdTo": later.isoformat(),
        "number": order["number"],
        "search": "batch",
    }

    assert found(customer, **filter_) == [order]
    assert found(customer, **filter_ | {"status": ["UNPAID"]}) == []


def test_a_customers_orders_take_the_same_filters_and_sorts(api: Api, customer: Person) -> None:
    text = """query ($filter: OrderFilter, $sort: OrderSort, $after: String) { viewer { ... on Customer {
        orders(first: 4, after: $after, filter: $filter, sort: $sort) {
            nodes { number status } pageInfo { hasNextPage endCursor } totalCount } } } }"""
    variables = {"filter": {"status": ["UNPAID", "COMPLETE"]}, "sort": {"field": "NUMBER", "direction": "ASC"}}

    def page(after: str | None = None) -> Any:
        return customer.send(text, {**variables, "after": after})["data"]["viewer"]["orders"]

    first = page()
    second = page(first["pageInfo"]["endCursor"])
    numbers = [order["number"] for order in first["nodes"] + second["nodes"]]

    expected = sorted(order["number"] for order in found(customer, status=["UNPAID", "COMPLETE"]))
    assert numbers == expected
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (
        6,
        True,
        False,
    )
    refused = customer.send(text, {"after": first["pageInfo"]["endCursor"]})
    assert refused["errors"][0]["extensions"] == {"code": "BAD_CURSOR"}
