"""A page of orders as tests ask for it."""

from typing import Any

from tests.api import Person

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $filter: OrderFilter, $sort: OrderSort) {
  orders(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
    edges { cursor node { number } } nodes { number }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


def page(person: Person, **variables: Any) -> dict[str, Any]:
    answer = person.send(PAGE, variables)
    assert "errors" not in answer, answer
    return dict(answer["data"]["orders"])


def numbers(found: dict[str, Any]) -> list[str]:
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return [node["number"] for node in found["nodes"]]
