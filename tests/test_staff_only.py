"""What only staff may do: a customer is refused, however the request is made, and nothing has happened."""

import json
from typing import Any

import pytest

from tests.api import Api
from tests.behind import unchanged

INPUTS: dict[str, dict[str, Any]] = {
    "confirmOrder": {"orderId": "ORDER"},
    "requestDocuments": {"orderId": "ORDER", "documents": ["IDENTITY"]},
    "refuseOrder": {"orderId": "ORDER", "reason": "No."},
    "completeOrder": {"orderId": "ORDER", "accessDetails": "root"},
    "refundPayment": {"paymentId": "PAYMENT", "idempotencyKey": "mine"},
    "recordBankTransfer": {"paymentId": "PAYMENT"},
    "recordBankTransferByReference": {"reference": "NUMBER", "amount": "1.00", "idempotencyKey": "mine"},
    "importBankStatement": {"uploadId": "x"},
    "settleHeldPayments": {"heldPaymentIds": ["x"], "orderId": "ORDER"},
    "returnHeldPayment": {"heldPaymentId": "x"},
    "dismissHeldPayment": {"heldPaymentId": "x", "reason": "No."},
    "checkPayment": {"paymentId": "PAYMENT"},
    "markRefundSent": {"refundId": "x"},
    "retryRefund": {"refundId": "x"},
    "dismissRefund": {"refundId": "x", "reason": "No."},
    "applyHeldEvent": {"eventId": "x"},
    "resolveHeldEvent": {"eventId": "x", "note": "No."},
}
KINDS = {name: f"{name[0].upper()}{name[1:]}Input" for name in INPUTS} | {
    "markRefundSent": "RefundInput",
}
QUERIES = ("paymentsInDoubt { nodes { id } }", "outstandingRefunds { nodes { id } }", "heldEvents { nodes { id } }",
           "moneyAudit { balanced }")  # fmt: skip
WAYS = {
    "plain": "mutation($input: {kind}!) {{ {name}(input: $input) {{ errors {{ code }} }} }}",
    "alias": "mutation($input: {kind}!) {{ cancelOrder: {name}(input: $input) {{ errors {{ code }} }} }}",
    "fragment": "mutation($input: {kind}!) {{ ...F }} "
    "fragment F on Mutation {{ {name}(input: $input) {{ errors {{ code }} }} }}",
    "inline": "mutation($input: {kind}!) {{ __typename ... on Mutation {{ {name}(input: $input) "
    "{{ errors {{ code }} }} }} }}",
}


@pytest.mark.parametrize("name", INPUTS)
def test_case_09_a_customer_is_refused_in_every_way(api: Api, name: str) -> None:
    customer = api.customer()
    order = customer.place_and_pay("server")
    (payment,) = customer.run("order_payments", number=order["number"])["payments"]
    ids = {"ORDER": order["id"], "PAYMENT": payment["id"], "NUMBER": order["number"]}
    variables = {"input": {key: ids.get(str(value), value) for key, value in INPUTS[name].items()}}
    documents = [text.format(name=name, kind=KINDS[name]) for text in WAYS.values()]

    with unchanged(api, order), customer.socket() as socket:
        for number, document in enumerate(documents):
            refused(customer.send(document, variables))
            payload = {"query": document, "variables": variables}
            socket.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
            message = json.loads(socket.recv(timeout=10))
            assert (message["type"], message["id"]) == ("next", str(number))
            refused(message["payload"])
            assert json.loads(socket.recv(timeout=10)) == {"type": "complete", "id": str(number)}
        batch = [{"query": documents[0], "variables": variables}]
        assert api.http.post("/graphql", json=batch, headers=customer.headers).status_code == 400
        nobody = api.send(documents[0], variables)
    assert [error["extensions"]["code"] for error in nobody["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("field", QUERIES)
def test_what_staff_look_after_is_not_for_customers(api: Api, field: str) -> None:
    refused(api.customer().send(f"{{ {field} }}"))
    assert [error["extensions"]["code"] for error in api.send(f"{{ {field} }}")["errors"]] == ["UNAUTHENTICATED"]


def test_one_refused_field_does_not_stop_the_others(api: Api) -> None:
    customer = api.customer()
    order = customer.place("server")
    document = (
        "mutation($id: ID!) { a: confirmOrder(input: {orderId: $id}) { errors { code } } "
        'b: cancelOrder(input: {orderId: $id, reason: "No."}) { order { status } errors { code } } }'
    )
    answer = customer.send(document, {"id": order["id"]})
    assert answer["data"] == {"a": None, "b": {"order": {"status": "CANCELLED"}, "errors": []}}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["a"], "FORBIDDEN")]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("placeOrder", '{lines: [{productCode: "server"}], idempotencyKey: "k"}'),
        ("payOrder", '{orderId: "x", source: {savedMethodId: "x"}, idempotencyKey: "k"}'),
        ("reorder", '{orderId: "x", idempotencyKey: "k"}'),
        ("provideDocuments", '{orderId: "x", documents: []}'),
        ("withdrawFromOrder", '{orderId: "x"}'),
    ],
)
def test_what_is_for_customers_is_not_for_staff(api: Api, name: str, fields: str) -> None:
    refused(api.staff().send(f"mutation {{ {name}(input: {fields}) {{ errors {{ code }} }} }}"))


def refused(answer: Any) -> None:
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert set(answer["data"].values()) <= {None, "Mutation"}
