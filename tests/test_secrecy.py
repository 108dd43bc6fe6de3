"""Case 19: what one may not see answers exactly like what does not exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from schema.ids import global_id, read_id
from tests.api import QUERIES, Api, Person
from tests.counting import statements_of
from tests.pages.files import PDF
from tests.running import Running
from tests.sockets import acknowledged, first_answer

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


@dataclass
class Secrets:
    """All that `owner` has, and `other`, who has an order of their own and is curious."""

    api: Api
    owner: Person
    other: Person
    order: dict[str, Any]
    payment: str
    method: str
    upload: str
    invoice: str
    transition: str
    customer: str


@pytest.fixture(scope="module")
def secrets(running: Running) -> Iterator[Secrets]:
    with Api(running) as api:
        yield _made(api)


def _made(api: Api) -> Secrets:
    owner, other, staff = api.customer(), api.customer(), api.staff()
    method = owner.run("add_payment_method", kind="CARD", providerToken="sandbox_card")["paymentMethod"]["id"]
    order = owner.place_and_pay("server")
    staff.run("confirm_order", orderId=order["id"])
    staff.run("complete_order", orderId=order["id"])
    text = """query ($n: String!) { viewer { ... on Customer { id } } order(number: $n) {
        payments { id } invoice { url } tracking { history { nodes { id } } } } }"""
    shown = owner.send(text, {"n": order["number"]})["data"]
    return Secrets(
        api,
        owner,
        other,
        order,
        payment=shown["order"]["payments"][0]["id"],
        method=method,
        upload=owner.upload(PDF),
        invoice=shown["order"]["invoice"]["url"],
        transition=shown["order"]["tracking"]["history"]["nodes"][0]["id"],
        customer=shown["viewer"]["id"],
    )


def unknown(kind: str) -> str:
    return global_id(kind, 2**60 if kind == "StatusTransition" else uuid7())


def test_case_19_no_node_of_another_is_told_from_one_that_is_not_there(secrets: Secrets) -> None:
    key = UUID(read_id(secrets.order["id"])[1])
    staff_id = secrets.api.staff().send("{ viewer { ... on Staff { id } } }")["data"]["viewer"]["id"]
    nodes = {
        "Order": secrets.order["id"],
        "PurchaseOrder": global_id("PurchaseOrder", key),
        "Payment": secrets.payment,
        "PaymentMethod": secrets.method,
        "Customer": secrets.customer,
        "StatusTransition": secrets.transition,
        "Staff": staff_id,
    }
    for kind, known in nodes.items():
        hidden, asked = statements_of(secrets.api.running, secrets.other, NODE, {"id": known})
        missing, asked_then = statements_of(secrets.api.running, secrets.other, NODE, {"id": unknown(kind)})
        seen = secrets.api.staff().send(NODE, {"id": known})

        assert hidden == missing == {"data": {"node": None}}
        assert asked == asked_then, kind  # so it takes as long
        assert seen["data"]["node"] == {"__typename": kind, "id": known}


@pytest.mark.parametrize("name", ["order_actions", "order_payments", "order_tracking", "purchase_order"])
def test_case_19_no_document_shows_anothers_order(secrets: Secrets, name: str) -> None:
    text = (QUERIES / f"{name}.graphql").read_text()
    hidden, asked = statements_of(secrets.api.running, secrets.other, text, {"number": secrets.order["number"]})
    missing, asked_then = statements_of(secrets.api.running, secrets.other, text, {"number": "1000000000"})

    assert hidden == missing == {"data": {"order": None}}
    assert asked == asked_then
    assert secrets.owner.send(text, {"number": secrets.order["number"]})["data"]["order"]["id"] == secrets.order["id"]


def test_case_19_no_list_holds_anothers_order(secrets: Secrets) -> None:
    curious = secrets.api.customer()
    own = curious.place("book")
    text = """query ($filter: OrderFilter) {
        orders(filter: $filter) { nodes { number } edges { node { customer { id } } } totalCount }
        orderCounts { count } }"""
    number = secrets.order["number"]
    for hidden, missing in (
        ({"number": number}, {"number": "1000000000"}),
        ({"search": number}, {"search": "1000000000"}),
        ({"search": "Server"}, {"search": "no such thing"}),
        ({"customerId": secrets.customer}, {"customerId": unknown("Customer")}),
        ({"status": ["COMPLETE"]}, {"status": []}),
    ):
        seen = curious.send(text, {"filter": hidden})
        assert seen == curious.send(text, {"filter": missing})
        assert seen["data"]["orders"] == {"nodes": [], "edges": [], "totalCount": 0}
    everything = curious.send(text)["data"]
    assert [node["number"] for node in everything["orders"]["nodes"]] == [own["number"]]
    assert sum(status["count"] for status in everything["orderCounts"]) == 1


MUTATIONS = [
    ("pay_order", "orderId", {"source": {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}}),
    ("cancel_order", "orderId", {}),
    ("reorder", "orderId", {}),
    ("withdraw_from_order", "orderId", {}),
    ("provide_documents", "orderId", {"documents": []}),
    ("set_default_payment_method", "paymentMethodId", {}),
    ("remove_payment_method", "paymentMethodId", {}),
]


@pytest.mark.parametrize(("name", "field", "more"), MUTATIONS, ids=[mutation[0] for mutation in MUTATIONS])
def test_case_19_no_mutation_tells_of_anothers(secrets: Secrets, name: str, field: str, more: dict[str, Any]) -> None:
    real, kind = (secrets.order["id"], "Order") if field == "orderId" else (secrets.method, "PaymentMethod")

    hidden = secrets.other.run(name, **{field: real}, **more)

    assert hidden == secrets.other.run(name, **{field: unknown(kind)}, **more)
    assert hidden["errors"][0]["code"] == "NOT_FOUND"
    assert hidden.get("order", hidden.get("paymentMethod")) is None


def test_case_15_anothers_method_and_upload_are_unknown_when_they_are_used(secrets: Secrets) -> None:
    own = secrets.other.place("book")
    hidden, missing = (
        secrets.other.run("pay_order", orderId=own["id"], source={"savedMethodId": each})
        for each in (secrets.method, unknown("PaymentMethod"))
    )
    assert hidden == missing
    assert hidden["errors"][0]["code"] == "NOT_FOUND"

    paid = secrets.other.place_and_pay("book")
    secrets.api.staff().run("request_documents", orderId=paid["id"], documents=["IDENTITY"])
    for upload in (secrets.upload, str(uuid7())):
        documents = [{"uploadId": upload, "kind": "IDENTITY"}]
        (error,) = secrets.other.run("provide_documents", orderId=paid["id"], documents=documents)["errors"]
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["documents", "0", "uploadId"])


def test_case_19_no_address_serves_anothers_documents(secrets: Secrets) -> None:
    number = secrets.order["number"]
    invoice = secrets.invoice.removeprefix(secrets.api.url)
    addresses = {
        f"/orders/{number}.html": "/orders/1000000000.html",
        f"/orders/{number}.pdf": "/orders/1000000000.pdf",
        invoice: "/invoices/F2026-999999.pdf",
        f"/uploads/{secrets.upload}": f"/uploads/{uuid7()}",
    }
    for address, missing in addresses.items():
        answers = [secrets.other.get(address), secrets.other.get(missing)]
        seen = [
            (
                answer.status_code,
                answer.text,
                {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")},
            )
            for answer in answers
        ]
        assert seen[0] == seen[1]
        assert seen[0][0] == 404
        assert secrets.owner.get(address).status_code == secrets.api.staff().get(address).status_code == 200
        assert secrets.api.http.get(address).status_code == 401


def test_case_20_nobody_subscribes_to_anothers_order(secrets: Secrets) -> None:
    # The last ones are ids of things that exist, and of other types.
    ids = [secrets.order["id"], unknown("Order"), "", "nonsense", secrets.payment, secrets.customer]
    documents = (
        "subscription ($id: ID!) { order(id: $id) { id } }",
        "subscription ($id: ID!) { statusTransitions(orderId: $id) { to } }",
    )
    with acknowledged(secrets.api.running, {"authorization": f"Bearer {secrets.other.token}"}) as socket:
        for document in documents:
            refusals = [first_answer(socket, document, {"id": each})["errors"] for each in ids]
            assert refusals[0][0]["extensions"] == {"code": "NOT_FOUND"}
            assert all(refusal == refusals[0] for refusal in refusals)
