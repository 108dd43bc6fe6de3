"""Pages of orders: both ways, in every sort, with cursors that hold their place and belong to their list."""

import base64
import json
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

import pytest

from tests.api import Api, Person
from tests.many_orders import add_orders
from tests.orders_listed import PAGE, numbers, page
from tests.running import Running

COUNT = 25
ALL = "{ orders(first: 100) { nodes { id number createdAt updatedAt status total { amount currency } } } }"

#: How each sort orders what `ALL` shows; the id behind it decides among equals, as it does in the database.
SORTS: dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]] = {
    "CREATED_AT": lambda order: (order["createdAt"],),
    "UPDATED_AT": lambda order: (order["updatedAt"],),
    "TOTAL": lambda order: (order["total"]["currency"], float(order["total"]["amount"])),
    "NUMBER": lambda order: (int(order["number"]),),
}


@pytest.fixture(scope="module")
def customer(running: Running) -> Iterator[Person]:
    """One whose orders share moments and amounts, and are changed by no test."""
    with Api(running) as api:
        person = api.customer()
        add_orders(running, person, COUNT, days=(1, 2, 3, 4))
        yield person


def refusal(person: Person, **variables: Any) -> str:
    answer = person.send(PAGE, variables)
    assert answer["data"] == {"orders": None}
    return str(answer["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", SORTS)
def test_every_sort_is_walked_both_ways(customer: Person, field: str, direction: str) -> None:
    sort = {"field": field, "direction": direction}
    orders = customer.send(ALL)["data"]["orders"]["nodes"]
    keys = {order["number"]: SORTS[field](order) for order in orders}

    forwards: list[str] = []
    found = page(customer, first=7, sort=sort)
    assert not found["pageInfo"]["hasPreviousPage"]
    forwards += numbers(found)
    while found["pageInfo"]["hasNextPage"]:
        found = page(customer, first=7, sort=sort, after=found["pageInfo"]["endCursor"])
        assert found["pageInfo"]["hasPreviousPage"]
        forwards += numbers(found)
    backwards: list[str] = []
    found = page(customer, last=7, sort=sort)
    assert not found["pageInfo"]["hasNextPage"]
    backwards = numbers(found)
    while found["pageInfo"]["hasPreviousPage"]:
        found = page(customer, last=7, sort=sort, before=found["pageInfo"]["startCursor"])
        backwards = numbers(found) + backwards

    assert len(set(forwards)) == len(forwards) == COUNT
    assert backwards == forwards
    shown = [keys[number] for number in forwards]
    assert shown == sorted(shown, reverse=direction == "DESC")
    mirrored = page(customer, first=100, sort={**sort, "direction": "ASC" if direction == "DESC" else "DESC"})
    assert numbers(mirrored) == forwards[::-1]


def test_the_newest_come_first_and_twenty_at_a_time(customer: Person) -> None:
    assert page(customer) == page(customer, first=20, sort={"field": "CREATED_AT"})
    assert len(page(customer)["nodes"]) == 20
    assert page(customer, first=None, last=None, filter=None, sort=None) == page(customer)


def test_a_page_lies_between_two_cursors(customer: Person) -> None:
    everything = page(customer, first=100)
    cursors = [edge["cursor"] for edge in everything["edges"]]

    between = page(customer, after=cursors[4], before=cursors[10])
    first = page(customer, first=2, after=cursors[4], before=cursors[10])
    last = page(customer, last=2, after=cursors[4], before=cursors[10])
    nothing = page(customer, after=cursors[-1])

    assert numbers(between) == numbers(everything)[5:10]
    assert numbers(first) == numbers(everything)[5:7]
    assert numbers(last) == numbers(everything)[8:10]
    assert nothing["edges"] == []
    assert nothing["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"first": 0}, {"first": -1}, {"first": 101}, {"last": 0}, {"last": 101}, {"first": 5, "last": 5}]
)
def test_a_page_has_one_to_a_hundred_orders(customer: Person, wrong: dict[str, int]) -> None:
    assert refusal(customer, **wrong) == "BAD_USER_INPUT"


def test_a_cursor_belongs_to_its_sort_and_filter(customer: Person) -> None:
    sort, filter_ = {"field": "TOTAL", "direction": "ASC"}, {"status": ["UNPAID", "COMPLETE"]}
    cursor = page(customer, sort=sort, filter=filter_)["pageInfo"]["endCursor"]

    assert page(customer, sort=sort, filter=filter_, after=cursor)
    assert page(customer, sort=sort, filter={"status": ["COMPLETE", "UNPAID"]}, before=cursor)
    for other in (
        {"sort": {"field": "TOTAL", "direction": "DESC"}, "filter": filter_},
        {"sort": {"field": "NUMBER", "direction": "ASC"}, "filter": filter_},
        {"sort": sort, "filter": {"status": ["UNPAID"]}},
        {"sort": sort, "filter": {**filter_, "search": "batch"}},
        {"sort": sort},
    ):
        assert refusal(customer, after=cursor, **other) == "BAD_CURSOR"
        assert refusal(customer, before=cursor, **other) == "BAD_CURSOR"


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "é", "WyJ4IiwxXQ", "=" * 5000, "T3JkZXI6MQ"])
def test_what_never_was_a_cursor_is_none(customer: Person, cursor: str) -> None:
    assert refusal(customer, after=cursor) == "BAD_CURSOR"
    history = (
        "query ($n: String!, $c: String) { order(number: $n) { tracking { history(after: $c) { nodes { id } } } } }"
    )
    products = "query ($c: String) { products(after: $c) { nodes { id } } }"
    number = page(customer, first=1)["nodes"][0]["number"]
    for text in (history, products):
        answer = customer.send(text, {"n": number, "c": cursor} if text is history else {"c": cursor})
        assert answer["errors"][0]["extensions"] == {"code": "BAD_CURSOR"}


NO_PLACES: list[Any] = [
    None, True, 5.5, [], {}, "", "a\0b", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x",
]  # fmt: skip


@pytest.mark.parametrize("field", SORTS)
def test_a_cursor_that_was_tampered_with_is_none(customer: Person, field: str) -> None:
    sort = {"field": field, "direction": "ASC"}
    mark, *place = json.loads(_decoded(page(customer, first=1, sort=sort)["pageInfo"]["endCursor"]))
    for index in range(len(place)):
        for value in NO_PLACES:
            changed = [*place[:index], value, *place[index + 1 :]]
            cursor = base64.urlsafe_b64encode(json.dumps([mark, *changed]).encode()).rstrip(b"=").decode()
            if field == "TOTAL" and index == 0 and isinstance(value, str) and value not in ("", "a\0b"):
                continue  # as good a currency as any: a place where nothing is
            assert refusal(customer, after=cursor, sort=sort) == "BAD_CURSOR", (index, value)


def _decoded(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def test_history_and_catalogue_have_pages_too(api: Api, customer: Person) -> None:
    number = customer.send("{ orders(first: 1, filter: {status: COMPLETE}) { nodes { number } } }")
    number = number["data"]["orders"]["nodes"][0]["number"]
    text = """query ($n: String!, $first: Int, $after: String, $last: Int, $before: String) {
        order(number: $n) { tracking { history(first: $first, after: $after, last: $last, before: $before) {
            nodes { sequence } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""

    def history(**variables: Any) -> tuple[list[int], dict[str, Any]]:
        found = customer.send(text, {"n": number, **variables})["data"]["order"]["tracking"]["history"]
        return [node["sequence"] for node in found["nodes"]], found["pageInfo"]

    first, info = history(first=3)
    rest, end = history(first=3, after=info["endCursor"])
    assert (first, rest) == ([1, 2, 3], [4])
    assert (info["hasPreviousPage"], info["hasNextPage"], end["hasPreviousPage"], end["hasNextPage"]) == (
        False, True, True, False,
    )  # fmt: skip
    assert history(last=2, before=end["startCursor"])[0] == [2, 3]
    everything = api.send("{ products { nodes { code } pageInfo { endCursor } } }")["data"]["products"]["nodes"]
    codes = list(map(itemgetter("code"), everything))
    assert codes == ["book", "domain", "gift", "promoted", "server"]
    cursor = api.send("{ products(first: 2) { pageInfo { endCursor } } }")["data"]["products"]["pageInfo"]["endCursor"]
    after = api.send("query ($c: String) { products(after: $c) { nodes { code } } }", {"c": cursor})
    assert [node["code"] for node in after["data"]["products"]["nodes"]] == codes[2:]
