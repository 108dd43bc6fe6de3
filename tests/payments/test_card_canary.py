"""A card number, wherever someone may type one, ends up nowhere: no column, log line, mail, document or call."""

import itertools
import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import graphql
import pytest
import sqlalchemy as sa
from sqlmodel import col
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from logs import redact, redact_text
from models.base import metadata
from models.document import Invoice
from schema.ids import global_id
from tests.api import QUERIES, Api, Person
from tests.bank import Line, camt_of, counts, csv_of, held, imported
from tests.documents.reading import pdf_pages
from tests.ordering.test_card_numbers import with_check_digit
from tests.peers.stripe import StripePeer

#: Made up here, so that none stands in the code; a scheme's number by its beginning and its check digit.
CANARY = with_check_digit("4" + "7310" * 3 + "98")
SPELLINGS = [CANARY, " ".join(re.findall("....", CANARY)), f"my card is {'-'.join(re.findall('....', CANARY))}, thanks"]
SCHEMA = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
CARD_FIELDS = {("NewPaymentMethodInput", "providerToken"), ("OrderFilter", "number"), ("OrderFilter", "search"),
               ("OrderLineInput", "productCode"), ("SignInInput", "email"), ("SignInInput", "password")}  # fmt: skip


def some(field: str, kind: str) -> dict[str, Any]:
    """One that does not exist: the text beside it is looked at first."""
    return {field: global_id(kind, uuid4())}


class Typist:
    """Types the canary into one field after the other; all other fields are as they should be."""

    def __init__(self, store: Api) -> None:
        self.store = store
        self.customer, self.staff = store.customer(), store.staff()
        self.keys = itertools.count()

    def forms(self) -> dict[str, tuple[str, Callable[[], tuple[Person, dict[str, Any]]]]]:
        """For each input with texts in it: the document that sends it, who does, and what else is in it."""
        customer, staff = self.customer, self.staff
        new_card = {"newMethod": {"kind": "CARD", "providerToken": "pm_card_visa"}}
        return {
            "AddPaymentMethodInput": (
                "add_payment_method",
                lambda: (customer, {"kind": "CARD", "providerToken": "pm_card_visa"}),
            ),
            "CancelOrderInput": ("cancel_order", lambda: (customer, self._of(customer.place("book")))),
            "CompleteOrderInput": ("complete_order", lambda: (staff, self._of(self._paid(confirmed=True)))),
            "PayOrderInput": (
                "pay_order",
                lambda: (customer, {**self._of(customer.place("book")), "source": new_card}),
            ),
            "PlaceOrderInput": ("place_order", lambda: (customer, {"lines": [{"productCode": "book"}]})),
            "RefundPaymentInput": ("refund_payment", lambda: (staff, {"paymentId": self._payment()})),
            "RefuseOrderInput": ("refuse_order", lambda: (staff, {**self._of(self._paid()), "reason": "why"})),
            "ReorderInput": ("reorder", lambda: (customer, self._of(customer.place("book")))),
            "RequestDocumentsInput": (
                "request_documents",
                lambda: (staff, {**self._of(self._paid()), "documents": ["IDENTITY"]}),
            ),
            "RecordBankTransferByReferenceInput": (
                "record_bank_transfer_by_reference",
                lambda: (staff, {"reference": customer.place("book")["number"]}),
            ),
            "DismissHeldPaymentInput": ("dismiss_held_payment", lambda: (staff, some("heldPaymentId", "HeldPayment"))),
            "ReturnHeldPaymentInput": ("return_held_payment", lambda: (staff, some("heldPaymentId", "HeldPayment"))),
            "DismissRefundInput": ("dismiss_refund", lambda: (staff, some("refundId", "Refund"))),
            "ResolveHeldEventInput": ("resolve_held_event", lambda: (staff, some("eventId", "HeldEvent"))),
            "WithdrawFromOrderInput": ("withdraw_from_order", lambda: (customer, self._of(self._paid()))),
        }

    def type_into(self, form: str, field: str, text: str) -> Any:
        """The whole answer."""
        document, make = self.forms()[form]
        person, fields = make()
        if (form, "idempotencyKey") in text_fields():
            fields["idempotencyKey"] = f"key {next(self.keys)} of the typist {self.customer.id}"
        return person.send((QUERIES / f"{document}.graphql").read_text(), {"input": {**fields, field: text}})

    def type_everywhere_else(self, text: str) -> None:
        """Where it is no text of a mutation's own input: inside others, in questions, files, headers, addresses."""
        customer, http = self.customer, self.store.http
        token = {"newMethod": {"kind": "CARD", "providerToken": text}}
        customer.run("pay_order", orderId=customer.place("book")["id"], source=token)
        customer.send((QUERIES / "place_order.graphql").read_text(), {"input": {"lines": [{"productCode": text}]}})
        for name in ("number", "search"):
            customer.send("query ($f: OrderFilter) { orders(filter: $f) { totalCount } }", {"f": {name: text}})
        for email, password in ((f"{text}@example.com", "demo"), (customer.account.email, text)):
            self.store.send((QUERIES / "sign_in.graphql").read_text(), {"email": email, "password": password})
            http.post("/sign-in", data={"email": email, "password": password})
        customer.send(f"# {text}\n{{ orders(first: {CANARY}) {{ totalCount }} }}")
        customer.send(f'{{ order(number: "{text}") {{ id }} node(id: "{text}") {{ id }} nothing }}')
        customer.send("{ __typename }", {text: text}, **{"user-agent": text, "x-request-id": text})
        customer.upload(name=f"{text}.pdf")
        for path in (f"/sandbox/{text}", f"/documents/{text}", f"/healthz?{text}", f"/sign-in?next=/{text}"):
            http.get(path, headers={"referer": f"https://shop.example/{text}", "user-agent": text})
        http.post("/webhooks/stripe", content=json.dumps({"id": text}), headers={"Stripe-Signature": text})
        for form in (csv_of, camt_of):
            line = Line("1.00", text, name=text, account=CANARY)
            assert imported(self.staff, form([line])) == counts(held=1)
            shown = held(self.staff, line)
            assert shown is not None
            kept = (
                text.replace(CANARY, "…").replace(SPELLINGS[1], "…").replace("-".join(re.findall("....", CANARY)), "…")
            )
            assert (shown["text"], shown["payerName"], shown["payerAccount"]) == (kept, kept, "…")

    def complete_and_refund(self) -> None:
        """Leaves an invoice and a credit note, of an order into whose texts the canary was typed first."""
        order = self._paid(confirmed=True)
        for text in SPELLINGS:
            assert self.staff.run("complete_order", orderId=order["id"], accessDetails=text)["errors"] != []
        assert self.staff.run("complete_order", orderId=order["id"], accessDetails="Mind the gap.")["errors"] == []
        (payment,) = self.customer.run("order_payments", number=order["number"])["payments"]
        for text in SPELLINGS:
            assert self.staff.run("refund_payment", paymentId=payment["id"], reason=text)["errors"] != []
        refund = self.staff.run("refund_payment", paymentId=payment["id"], reason="Broken.")
        assert (refund["errors"], refund["payment"]["status"]) == ([], "REFUNDED")

    def _of(self, order: dict[str, Any]) -> dict[str, Any]:
        return {"orderId": order["id"]}

    def _paid(self, *, confirmed: bool = False) -> dict[str, Any]:
        order = self.customer.place("book", waiveWithdrawal=False)
        paid = self.customer.pay(order, "pm_card_visa")["order"]
        assert paid["status"] == "CONFIRMATION"
        if confirmed:
            assert self.staff.run("confirm_order", orderId=order["id"])["errors"] == []
        return dict(paid)

    def _payment(self) -> str:
        document = "query ($n: String!) { order(number: $n) { payments { id } } }"
        found = self.customer.send(document, {"n": self._paid()["number"]})
        return str(found["data"]["order"]["payments"][0]["id"])


def text_fields() -> set[tuple[str, str]]:
    """Every text that a client may send in an input, by the contract."""
    schema = graphql.build_schema(SCHEMA.read_text())
    inputs = [each for each in schema.type_map.values() if isinstance(each, graphql.GraphQLInputObjectType)]
    return {
        (each.name, name)
        for each in inputs
        for name, field in each.fields.items()
        if str(graphql.get_named_type(field.type)) == "String"
    }


def holds(text: str, number: str = CANARY) -> bool:
    return number in re.sub(r"[\s\-+]|%20", "", text)


def columns_with_it(store: Api, number: str = CANARY) -> list[str]:
    async def look() -> list[str]:
        found = []
        async with store.running.database.reading() as session:
            for table in metadata.sorted_tables:
                for row in await session.execute(sa.text(f'SELECT * FROM "{table.name}"')):  # noqa: S608 (our own)
                    for name, value in row._mapping.items():
                        kept = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                        if holds(kept, number):
                            found.append(f"{table.name}.{name}: {kept}")
        return found

    return store.running.do(look())


def files_with_it(folder: Path, number: str = CANARY) -> list[str]:
    """Mails, uploads and, on SQLite, the database with its journal."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [
        str(each) for each in files if holds(str(each), number) or holds(each.read_bytes().decode("latin-1"), number)
    ]


def documents_with_it(person: Person, addresses: list[str]) -> list[str]:
    found = []
    for address in (f"{each}.{form}" for each in addresses for form in ("html", "pdf")):
        answer = person.get(address)
        assert answer.status_code == 200
        is_pdf = answer.headers["content-type"].startswith("application/pdf")
        if holds(" ".join(pdf_pages(answer.content)) if is_pdf else answer.text):
            found.append(address)
    return found


def purchase_orders_of(person: Person) -> list[str]:
    orders = person.send("{ orders(first: 12) { nodes { number } } }")["data"]["orders"]["nodes"]
    return [f"/orders/{order['number']}" for order in orders]


def invoices_in(store: Api) -> dict[str, str]:
    """Kinds of invoices by their addresses."""

    async def look() -> dict[str, str]:
        async with store.running.database.reading() as session:
            rows = (await session.execute(sa.select(Invoice).order_by(col(Invoice.id)))).scalars()
            return {f"/invoices/{row.series}-{row.number:06}": row.kind.value for row in rows}

    return store.running.do(look())


def test_every_text_that_clients_send_is_tried(store: Api) -> None:
    typed = {pair for pair in text_fields() if pair[0] in Typist(store).forms()}
    assert text_fields() == typed | CARD_FIELDS


@pytest.mark.timeout(300)
def test_a_card_number_ends_up_nowhere(store: Api, peer: StripePeer, caplog: pytest.LogCaptureFixture) -> None:
    typist = Typist(store)
    with caplog.at_level(logging.DEBUG), capture_logs([merge_contextvars, redact]) as events:
        for (form, field), text in zip(sorted(text_fields() - CARD_FIELDS), itertools.cycle(SPELLINGS), strict=False):
            answer = typist.type_into(form, field, text)
            refusals = next(iter(answer["data"].values()))["errors"] if "data" in answer else answer["errors"]
            assert [error.get("path") for error in refusals] == [[field]], (form, answer)
            assert not holds(json.dumps(answer))
        for text in SPELLINGS:
            typist.type_everywhere_else(text)
        typist.complete_and_refund()
        store.running.relay_once()
        peer.wait_until_quiet()
        # A statement's own file lies there for a day, and so long its contents.
        store.running.move_clock(timedelta(hours=25))
        assert store.running.do(store.running.parts.uploads.delete_unused()) > 0

    assert columns_with_it(store) == []
    assert files_with_it(store.running.parts.settings.data_dir) == []
    purchase_orders, invoices = purchase_orders_of(typist.customer), invoices_in(store)
    assert (len(purchase_orders), sorted(invoices.values())) == (12, ["CREDIT_NOTE", "INVOICE"])
    assert documents_with_it(typist.customer, [*purchase_orders, *invoices]) == []
    # Every line passes through this on its way out, those of the libraries too.
    assert [line for line in map(redact_text, caplog.messages) if holds(line)] == []
    assert [event for event in events if holds(str(event))] == []
    assert not holds(json.dumps(peer.state()["calls"]))


def test_the_search_finds_what_it_looks_for(store: Api, tmp_path: Path) -> None:
    """Of another number: a database's journal remembers what was in it before."""
    other = with_check_digit("4" + "1573" * 3 + "90")
    (tmp_path / "mail").write_text(" ".join(re.findall("....", other)))
    store.customer(city=f"I live by {other}, Town")

    assert files_with_it(tmp_path, other) == [str(tmp_path / "mail")]
    assert [line.partition(":")[0] for line in columns_with_it(store, other)] == ["accounts.city"]
    assert columns_with_it(store) == files_with_it(tmp_path) == []
