"""What a list costs the database: as many statements for a hundred orders as for one, and only the columns it needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import FieldNode, OperationType, get_operation_ast, parse

from tests.api import QUERIES, Api, Person
from tests.counting import statements_of
from tests.many_orders import add_orders
from tests.running import Running

DOCUMENTS = {path.stem: path.read_text() for path in sorted(QUERIES.glob("*.graphql"))}

#: Documents that read what belongs to orders, with the variables that make a page as long as it can be.
LISTS: dict[str, dict[str, Any]] = {
    "my_orders": {"first": 100},
    "order_count": {},
    "order_counts": {},
    "order_overview": {"first": 100},
    "search_orders": {"search": "batch", "first": 100},
}

#: All that hangs on an order, which no one document of a client asks for at once.
EVERYTHING = """
query ($first: Int, $filter: OrderFilter) {
  orders(first: $first, filter: $filter) {
    nodes {
      id number createdAt updatedAt status version total { amount } withdrawableUntil
      customer { email paymentMethods { label } }
      invoice { url }
      documentRequest { dueAt }
      actions { action allowed reason }
      payments { status method { label } order { number } }
      tracking { currentStep estimatedCompletion steps { title } history(first: 1) { nodes { order { number } } } }
      purchaseOrder {
        expired subtotal { amount } reductions { label } taxes { rate } billingDetails { city }
        lines { product { code price { amount } } reductions { label } }
        savedPaymentMethods { usable } availablePaymentMethods { kind } html { url } pdf { url }
      }
    }
    totalCount
  }
}
"""


@pytest.fixture(scope="module")
def customers(running: Running) -> Iterator[tuple[Person, Person]]:
    """One with a single order, one with a hundred; nobody changes them."""
    with Api(running) as api:
        few, many = api.customer(), api.customer()
        add_orders(running, few, 1)
        add_orders(running, many, 100)
        yield few, many


def test_no_list_document_is_forgotten() -> None:
    assert {name for name, text in DOCUMENTS.items() if _root_fields(text) & {"orders", "orderCounts"}} == set(LISTS)


def _root_fields(text: str) -> set[str]:
    """Of a query; none of anything else."""
    operation = get_operation_ast(parse(text))
    if operation is None or operation.operation is not OperationType.QUERY:
        return set()
    return {field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode)}


@pytest.mark.parametrize("name", LISTS)
def test_a_hundred_orders_cost_as_many_statements_as_one(api: Api, customers: tuple[Person, Person], name: str) -> None:
    few, many = (statements_of(api.running, each, DOCUMENTS[name], LISTS[name]) for each in customers)

    assert "errors" not in few[0]
    assert "errors" not in many[0]
    assert len(many[1]) == len(few[1]) <= 8, many[1]
    assert len(str(many[0])) > len(str(few[0]))


@pytest.mark.parametrize("name", ["order_overview", "customer_orders"])
def test_so_it_is_for_staff(api: Api, customers: tuple[Person, Person], name: str) -> None:
    counts = []
    for customer in customers:
        key = customer.run("viewer")["id"]
        variables = {"first": 100, "filter": {"customerId": key}} | ({"id": key} if name == "customer_orders" else {})
        answer, asked = statements_of(api.running, api.staff(), DOCUMENTS[name], variables)
        assert "errors" not in answer
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 8


def test_so_it_is_with_all_that_hangs_on_an_order(api: Api, customers: tuple[Person, Person]) -> None:
    few, many = (statements_of(api.running, each, EVERYTHING, {"first": 100}) for each in customers)

    assert len(many[0]["data"]["orders"]["nodes"]) == 100
    assert len(many[1]) == len(few[1])


def test_orders_of_many_customers_are_read_at_once(api: Api) -> None:
    customers = [api.customer() for _ in range(3)]
    for customer in customers:
        add_orders(api.running, customer, 4)
    document = """query ($first: Int!) { orders(first: $first, filter: {search: "batch"}) {
        nodes { customer { id orders(first: 2, sort: {field: TOTAL}) { nodes { number } totalCount } } } } }"""

    one, several = (statements_of(api.running, api.staff(), document, {"first": first}) for first in (1, 9))

    owners = {node["customer"]["id"]: node["customer"]["orders"] for node in several[0]["data"]["orders"]["nodes"]}
    assert len(owners) >= 3
    assert all(len(orders["nodes"]) == 2 and orders["totalCount"] >= 4 for orders in owners.values())
    assert len(several[1]) == len(one[1])


def test_columns_that_are_not_selected_are_not_read(api: Api, customers: tuple[Person, Person]) -> None:
    _, asked = statements_of(api.running, customers[1], "{ orders { nodes { number } } }")
    _, with_status = statements_of(
        api.running, customers[1], "{ orders { nodes { ...F } } } fragment F on Order { status }"
    )

    (page,) = [statement for statement in asked if "FROM orders" in statement]
    columns = {column.split(".")[1] for column in page.partition(" \nFROM")[0].removeprefix("SELECT ").split(", ")}
    # What every order is found and sorted by, and what was asked for.
    assert columns == {"id", "customer_id", "currency", "version", "created_at", "number"}
    assert any("orders.status" in statement.partition("FROM")[0] for statement in with_status)


def test_a_list_is_counted_only_when_its_count_is_selected(api: Api, customers: tuple[Person, Person]) -> None:
    _, page = statements_of(api.running, customers[1], "{ orders { nodes { id } pageInfo { hasNextPage } } }")
    answer, counted = statements_of(api.running, customers[1], "{ orders { nodes { id } totalCount } }")

    assert len(counted) == len(page) + 1
    assert not any("count(" in statement for statement in page)
    assert answer["data"]["orders"]["totalCount"] == 100
