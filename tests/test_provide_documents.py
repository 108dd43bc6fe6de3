"""Providing documents: files that this customer uploaded, each used once, all kinds that were asked for."""

from typing import Any

from tests.answers import done, illegal, invalid, not_found, shown
from tests.api import Api, Person
from tests.behind import traces, unchanged


def asked(api: Api, customer: Person, *kinds: str) -> dict[str, Any]:
    order = customer.place_and_pay("server")
    payload = api.staff().run("request_documents", orderId=order["id"], documents=list(kinds))
    return dict(payload["order"])


def test_the_order_is_verified_again(api: Api) -> None:
    customer = api.customer()
    order = asked(api, customer, "IDENTITY", "OTHER")
    documents = [{"uploadId": customer.upload(), "kind": kind} for kind in ("OTHER", "IDENTITY", "OTHER")]

    payload = customer.run("provide_documents", orderId=order["id"], documents=documents)

    assert payload == done(order, "CONFIRMATION", 5)
    left = traces(api, order)
    left.check()
    assert left.transitions[-1] == ("DOCUMENTS_REQUESTED", "CONFIRMATION", "CUSTOMER")
    assert left.mails == ("ORDER_PLACED", "PAYMENT_RECEIVED", "DOCUMENTS_REQUESTED")
    with unchanged(api, order):
        again = customer.run("provide_documents", orderId=order["id"], documents=documents)
    assert again == {"order": shown(order, "CONFIRMATION", 5), "errors": [illegal("CONFIRMATION", "WITHDRAW")]}


def test_all_that_was_asked_for_must_be_there(api: Api) -> None:
    customer = api.customer()
    order = asked(api, customer, "IDENTITY", "PROOF_OF_ADDRESS")
    one = {"uploadId": customer.upload(), "kind": "IDENTITY"}
    many = [{"uploadId": customer.upload(), "kind": kind} for kind in ["PROOF_OF_ADDRESS"] * 10]
    missing = invalid("Not all documents that were asked for are there.", "documents")
    number = invalid("Between one and ten documents can be sent.", "documents")
    with unchanged(api, order):
        for documents, error in (([one], missing), ([], number), ([one, *many], number)):
            payload = customer.run("provide_documents", orderId=order["id"], documents=documents)
            assert payload == {"order": shown(order, "DOCUMENTS_REQUESTED", 4), "errors": [error]}
    assert customer.run("provide_documents", orderId=order["id"], documents=[one, *many[:9]])["errors"] == []


def test_a_file_is_ones_own_and_used_once(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    first, second = asked(api, customer, "OTHER"), asked(api, customer, "OTHER")
    used = {"uploadId": customer.upload(), "kind": "OTHER"}
    fresh = {"uploadId": customer.upload(), "kind": "OTHER"}
    customer.run("provide_documents", orderId=first["id"], documents=[used])
    unknown = "0192f0c1-0000-7000-8000-000000000000"

    with unchanged(api, first, second):
        for upload in (used["uploadId"], other.upload(), unknown, "nothing", fresh["uploadId"]):
            documents = [fresh, {"uploadId": upload, "kind": "OTHER"}]
            payload = customer.run("provide_documents", orderId=second["id"], documents=documents)
            assert payload == {
                "order": shown(second, "DOCUMENTS_REQUESTED", 4),
                "errors": [not_found("upload", "documents", "1", "uploadId")],
            }
    payload = customer.run("provide_documents", orderId=second["id"], documents=[fresh])
    assert payload == done(second, "CONFIRMATION", 5)


def test_another_ones_order_is_as_unknown_as_none(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    order = asked(api, customer, "OTHER")
    documents = [{"uploadId": other.upload(), "kind": "OTHER"}]
    with unchanged(api, order):
        for unknown in (order["id"], "T3JkZXI6bm90aGluZw"):
            payload = other.run("provide_documents", orderId=unknown, documents=documents)
            assert payload == {"order": None, "errors": [not_found("order", "orderId")]}
