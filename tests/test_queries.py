"""The documents of `queries/`: each says when to use it, is valid, works, and together they reach every root field."""

from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse, validate

from access.passwords import Passwords
from application import make_schema
from tests.api import QUERIES, Api, Person
from tests.bank import Line, csv_of, held
from tests.pages.files import PDF
from tests.telling import event, failed_refund, tell

PATHS = sorted(QUERIES.glob("*.graphql"))
PASSWORD = "correct horse"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_says_when_to_use_it_and_is_valid(path: Path) -> None:
    text = path.read_text()
    document = parse(text)
    (operation,) = document.definitions

    assert text.startswith("# ")
    assert len(text.splitlines()[0]) > 20
    assert validate(make_schema().core, document) == []
    assert isinstance(operation, OperationDefinitionNode)
    # Named for the file, so that logs and GraphiQL's tabs say which it is.
    assert operation.name
    assert operation.name.value == "".join(part.title() for part in path.stem.split("_"))


def test_every_root_field_is_used_by_a_document() -> None:
    core = make_schema().core
    roots = [root for root in (core.query_type, core.mutation_type, core.subscription_type) if root]
    served = {f"{root.name}.{field}" for root in roots for field in root.fields}
    used = set()
    for path in PATHS:
        for operation in parse(path.read_text()).definitions:
            assert isinstance(operation, OperationDefinitionNode)
            root = core.get_root_type(operation.operation)
            assert root
            for field in operation.selection_set.selections:
                assert isinstance(field, FieldNode)
                used.add(f"{root.name}.{field.name.value}")

    assert used == served


class _Reader:
    """Runs documents and remembers which; a mutation must go well."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def run(self, person: Person, name: str, **variables: Any) -> Any:
        self.names.add(name)
        answer = person.run(name, **variables)
        assert answer is not None, name
        assert not isinstance(answer, dict) or answer.get("errors", []) == [], (name, answer)
        return answer

    def follow(self, person: Person, name: str, **variables: Any) -> Any:
        self.names.add(name)
        with person.follow(name, **variables) as feed:
            return feed.next()


def test_every_document_works(api: Api) -> None:
    customer = api.customer(password_hash=api.running.do(Passwords().hash(PASSWORD)))
    staff, reader = api.staff(), _Reader()

    _sign_in_and_look_around(customer, reader)
    _buy(customer, staff, reader)
    _look_at_orders(customer, staff, reader)
    _end_orders(customer, staff, reader)
    reader.run(customer, "renew_token")
    reader.run(customer, "sign_out")

    assert reader.names == {path.stem for path in PATHS}


def _sign_in_and_look_around(customer: Person, reader: _Reader) -> None:
    signed_in = reader.run(customer, "sign_in", email=customer.account.email, password=PASSWORD)
    assert signed_in["viewer"]["email"] == customer.account.email
    assert reader.run(customer, "viewer")["__typename"] == "Customer"
    assert reader.run(customer, "products", first=2)["pageInfo"]["hasNextPage"]


def _buy(customer: Person, staff: Person, reader: _Reader) -> None:
    saved = [
        reader.run(customer, "add_payment_method", kind=kind, providerToken=token)["paymentMethod"]["id"]
        for kind, token in (("CARD", "sandbox_card"), ("SEPA_DIRECT_DEBIT", "sandbox_sepa"))
    ]
    reader.run(customer, "set_default_payment_method", paymentMethodId=saved[0])
    reader.run(customer, "remove_payment_method", paymentMethodId=saved[1])
    order = reader.run(customer, "place_order", lines=[{"productCode": "server"}])["order"]
    paid = reader.run(customer, "pay_order", orderId=order["id"], source={"savedMethodId": saved[0]})
    assert paid["payment"]["status"] == "SUCCEEDED"
    reader.run(staff, "request_documents", orderId=order["id"], documents=["IDENTITY"])
    documents = [{"uploadId": customer.upload(PDF), "kind": "IDENTITY"}]
    reader.run(customer, "provide_documents", orderId=order["id"], documents=documents)
    reader.run(staff, "confirm_order", orderId=order["id"])
    reader.run(staff, "complete_order", orderId=order["id"], accessDetails="root")
    reader.run(staff, "refund_payment", paymentId=paid["payment"]["id"], amount="1.00")
    assert reader.run(staff, "check_payment", paymentId=paid["payment"]["id"])["payment"]["status"] != "PENDING"
    assert reader.run(staff, "money_audit")["movements"] >= 2
    transferred = customer.place("book")
    announced = customer.pay(transferred, token="", kind="BANK_TRANSFER")["payment"]
    recorded = reader.run(staff, "record_bank_transfer", paymentId=announced["id"])
    assert recorded["payment"]["order"]["status"] == "CONFIRMATION"
    unannounced = staff.api.customer().place("book")
    found = reader.run(staff, "record_bank_transfer_by_reference", reference=unannounced["number"])
    assert found["order"]["status"] == "CONFIRMATION"
    _look_after_held_payments(staff, reader)
    _look_after_money(staff, announced["id"], reader)


def _look_after_held_payments(staff: Person, reader: _Reader) -> None:
    order = staff.api.customer().place("book")
    lines = [Line(amount, "unknown") for amount in ("1.00", "2.00", "3.00")]
    upload = staff.upload(csv_of(lines), "statement.csv")
    assert reader.run(staff, "import_bank_statement", uploadId=upload)["held"] == 3
    one, two, three = ((held(staff, line) or {})["id"] for line in lines)
    settled = {"heldPaymentIds": [one], "orderId": order["id"], "acceptDifference": True}
    assert reader.run(staff, "settle_held_payments", **settled)["order"]["status"] == "CONFIRMATION"
    reader.run(staff, "return_held_payment", heldPaymentId=two)
    reader.run(staff, "dismiss_held_payment", heldPaymentId=three, reason="Interest")
    assert len(reader.run(staff, "held_payments", filter={"resolved": True})["edges"]) >= 3


def _look_after_money(staff: Person, transfer: str, reader: _Reader) -> None:
    assert "pageInfo" in reader.run(staff, "payments_in_doubt", first=100)
    staff.run("refund_payment", paymentId=transfer, amount="1.00")
    owed = reader.run(staff, "outstanding_refunds", first=100)["nodes"]
    mine = next(each["id"] for each in owed if each["payment"]["id"] == transfer)
    assert reader.run(staff, "mark_refund_sent", refundId=mine)["refund"]["status"] == "SUCCEEDED"
    for name in ("retry_refund", "dismiss_refund"):
        refund = staff.api.running.do(failed_refund(staff.api, transfer))
        more = {"reason": "It was sent by cheque."} if name == "dismiss_refund" else {}
        reader.run(staff, name, refundId=refund, **more)
    told = event(charge="of another shop")
    staff.api.running.do(tell(staff.api, told))
    held = reader.run(staff, "held_events", first=100)["nodes"]
    strange = next(each["id"] for each in held if each["eventId"] == told.id)
    reader.run(staff, "apply_held_event", eventId=strange)
    reader.run(staff, "resolve_held_event", eventId=strange, note="Of another shop.")


def _look_at_orders(customer: Person, staff: Person, reader: _Reader) -> None:
    beginning = customer.position()
    listed = reader.run(customer, "my_orders")["nodes"]
    newest, oldest = listed[0], listed[-1]
    for name in ("order_actions", "order_payments", "order_tracking", "purchase_order"):
        assert reader.run(customer, name, number=oldest["number"])["id"] == oldest["id"]
    assert reader.run(customer, "node", id=newest["id"]) == {"__typename": "Order", "id": newest["id"]}
    assert reader.run(customer, "order_count")["totalCount"] == 2
    assert sum(each["count"] for each in reader.run(customer, "order_counts")) == 2
    assert len(reader.run(customer, "search_orders", search="Server")["nodes"]) == 1
    done = reader.run(staff, "order_history", number=oldest["number"])["changes"]
    assert [each["version"] for each in done] == list(range(1, len(done) + 1))
    assert {each["actor"] for each in done} == {"CUSTOMER", "PAYMENT_PROVIDER", "STAFF"}
    assert customer.run("order_history", number=oldest["number"])["changes"] is None
    me = reader.run(customer, "viewer")["id"]
    assert len(reader.run(staff, "order_overview", filter={"customerId": me})["edges"]) == 2
    assert len(reader.run(staff, "customer_orders", id=me)["orders"]["nodes"]) == 2
    assert reader.follow(customer, "order_live", id=newest["id"])["number"] == newest["number"]
    assert reader.follow(customer, "counts_live")
    placed = customer.place("gift", "book")
    assert reader.follow(customer, "order_changes", after=beginning)["order"]["id"] == placed["id"]


def _end_orders(customer: Person, staff: Person, reader: _Reader) -> None:
    cancelled = customer.place("book")
    reader.run(customer, "cancel_order", orderId=cancelled["id"], reason="Changed my mind")
    again = reader.run(customer, "reorder", orderId=cancelled["id"])["order"]
    assert again["number"] != cancelled["number"]
    refused = customer.place_and_pay("book")
    assert reader.run(staff, "refuse_order", orderId=refused["id"], reason="Sold out")["order"]["status"] == "CANCELLED"
    withdrawn = customer.place_and_pay("server")
    assert reader.run(customer, "withdraw_from_order", orderId=withdrawn["id"])["order"]["status"] == "CANCELLED"
