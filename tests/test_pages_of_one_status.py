"""Pages of the orders of one status, in every sort: their cursors go on where the page ended, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api import Api, Person
from tests.many_orders import add_orders
from tests.orders_listed import numbers, page
from tests.running import Running


@pytest.fixture(scope="module")
def customer(running: Running) -> Iterator[Person]:
    """One with orders of several statuses and amounts."""
    with Api(running) as api:
        person = api.customer()
        add_orders(running, person, 30, days=(1, 2, 3))
        yield person


def _walk(person: Person, **variables: Any) -> list[str]:
    """All numbers of a list, two at a time, there and back."""
    found = page(person, first=2, **variables)
    there = numbers(found)
    while found["pageInfo"]["hasNextPage"]:
        found = page(person, first=2, after=found["pageInfo"]["endCursor"], **variables)
        there += numbers(found)
    back = numbers(found)
    while found["pageInfo"]["hasPreviousPage"]:
        found = page(person, last=2, before=found["pageInfo"]["startCursor"], **variables)
        back = numbers(found) + back
    assert back == there
    return there


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "TOTAL", "NUMBER"])
def test_one_status_is_walked_by_its_customer_and_by_staff(customer: Person, field: str, direction: str) -> None:
    """Both see the same, in the order that the whole list has them in."""
    sort = {"field": field, "direction": direction}
    seen = customer.send("{ viewer { ... on Customer { id orders(first: 100) { nodes { number status } } } } }")
    viewer = seen["data"]["viewer"]
    paid = {order["number"] for order in viewer["orders"]["nodes"] if order["status"] == "CONFIRMATION"}
    expected = [number for number in numbers(page(customer, first=100, sort=sort)) if number in paid]

    assert len(expected) > 2
    assert _walk(customer, sort=sort, filter={"status": ["CONFIRMATION"]}) == expected
    staffs_filter = {"status": ["CONFIRMATION"], "customerId": viewer["id"]}
    assert _walk(customer.api.staff(), sort=sort, filter=staffs_filter) == expected
