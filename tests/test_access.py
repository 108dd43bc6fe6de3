"""Who may ask for what: every root field, asked by nobody, by customers and by staff, over HTTP and over a socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from strawberry.types.base import get_object_definition
from uuid_utils.compat import uuid7

from application import make_schema
from resolvers.roots import Mutation, Query, Subscription
from tests.api import Api, Person
from tests.sockets import acknowledged, first_answer

ANYONE, SIGNED_IN, CUSTOMERS, STAFF = "Anyone", "SignedIn", "CustomersOnly", "StaffOnly"

#: What each audience is answered: by field, with the rule it is under. Names with a dollar stand for ids of the owner.
FIELDS: dict[str, tuple[str, str]] = {
    "query viewer": (ANYONE, "viewer { __typename }"),
    "query node": (SIGNED_IN, 'node(id: "$order") { id }'),
    "query order": (SIGNED_IN, 'order(number: "$number") { id }'),
    "query orders": (SIGNED_IN, "orders { nodes { id } }"),
    "query products": (ANYONE, "products { nodes { id } }"),
    "query orderCounts": (SIGNED_IN, "orderCounts { status }"),
    "query streamPosition": (SIGNED_IN, "streamPosition"),
    "mutation signIn": (ANYONE, 'signIn(input: {email: "nobody@example.com", password: "x"}) { token }'),
    "mutation renewToken": (SIGNED_IN, "renewToken { token }"),
    "mutation placeOrder": (CUSTOMERS, 'placeOrder(input: {lines: [], idempotencyKey: "$key"}) { errors { code } }'),
    "mutation payOrder": (
        CUSTOMERS,
        'payOrder(input: {orderId: "$order", idempotencyKey: "$key", source: {savedMethodId: "x"}}) { order { id } }',
    ),
    "mutation cancelOrder": (
        SIGNED_IN,
        'cancelOrder(input: {orderId: "$order", expectedVersion: 9}) { errors { code } }',
    ),
    "mutation reorder": (CUSTOMERS, 'reorder(input: {orderId: "$order", idempotencyKey: "$key"}) { errors { code } }'),
    "mutation provideDocuments": (
        CUSTOMERS,
        'provideDocuments(input: {orderId: "$order", documents: []}) { errors { code } }',
    ),
    "mutation withdrawFromOrder": (CUSTOMERS, 'withdrawFromOrder(input: {orderId: "$order"}) { errors { code } }'),
    "mutation addPaymentMethod": (CUSTOMERS, "addPaymentMethod(input: {kind: CARD}) { errors { code } }"),
    "mutation setDefaultPaymentMethod": (
        CUSTOMERS,
        'setDefaultPaymentMethod(input: {paymentMethodId: "$order"}) { errors { code } }',
    ),
    "mutation removePaymentMethod": (
        CUSTOMERS,
        'removePaymentMethod(input: {paymentMethodId: "$order"}) { errors { code } }',
    ),
    "mutation confirmOrder": (STAFF, 'confirmOrder(input: {orderId: "$order"}) { errors { code } }'),
    "mutation requestDocuments": (
        STAFF,
        'requestDocuments(input: {orderId: "$order", documents: [IDENTITY]}) { errors { code } }',
    ),
    "mutation refuseOrder": (STAFF, 'refuseOrder(input: {orderId: "$order", reason: "x"}) { errors { code } }'),
    "mutation completeOrder": (STAFF, 'completeOrder(input: {orderId: "$order"}) { errors { code } }'),
    "mutation refundPayment": (
        STAFF,
        'refundPayment(input: {paymentId: "$order", idempotencyKey: "$key"}) { errors { code } }',
    ),
    "mutation recordBankTransfer": (STAFF, 'recordBankTransfer(input: {paymentId: "$order"}) { errors { code } }'),
    "mutation recordBankTransferByReference": (
        STAFF,
        'recordBankTransferByReference(input: {reference: "x", idempotencyKey: "$key"}) { errors { code } }',
    ),
    "query heldPayments": (STAFF, "heldPayments { nodes { id } }"),
    "mutation importBankStatement": (STAFF, 'importBankStatement(input: {uploadId: "x"}) { errors { code } }'),
    "mutation settleHeldPayments": (
        STAFF,
        'settleHeldPayments(input: {heldPaymentIds: ["x"], orderId: "$order"}) { errors { code } }',
    ),
    "mutation returnHeldPayment": (STAFF, 'returnHeldPayment(input: {heldPaymentId: "x"}) { errors { code } }'),
    "mutation dismissHeldPayment": (
        STAFF,
        'dismissHeldPayment(input: {heldPaymentId: "x", reason: "x"}) { errors { code } }',
    ),
    "query paymentsInDoubt": (STAFF, "paymentsInDoubt { nodes { id } }"),
    "query outstandingRefunds": (STAFF, "outstandingRefunds { nodes { id } }"),
    "query heldEvents": (STAFF, "heldEvents { nodes { id } }"),
    "query moneyAudit": (STAFF, "moneyAudit { movements }"),
    "mutation checkPayment": (STAFF, 'checkPayment(input: {paymentId: "x"}) { errors { code } }'),
    "mutation markRefundSent": (STAFF, 'markRefundSent(input: {refundId: "x"}) { errors { code } }'),
    "mutation retryRefund": (STAFF, 'retryRefund(input: {refundId: "x"}) { errors { code } }'),
    "mutation dismissRefund": (STAFF, 'dismissRefund(input: {refundId: "x", reason: "x"}) { errors { code } }'),
    "mutation applyHeldEvent": (STAFF, 'applyHeldEvent(input: {eventId: "x"}) { errors { code } }'),
    "mutation resolveHeldEvent": (STAFF, 'resolveHeldEvent(input: {eventId: "x", note: "x"}) { errors { code } }'),
    "subscription statusTransitions": (SIGNED_IN, 'statusTransitions(orderId: "$order", after: "$place") { to }'),
    "subscription order": (SIGNED_IN, 'order(id: "$order") { id }'),
    "subscription orderCounts": (SIGNED_IN, "orderCounts { status }"),
    # The last one: what is asked after it is asked by nobody.
    "mutation signOut": (SIGNED_IN, "signOut { errors { code } }"),
}


@dataclass
class Shop:
    """One order of `owner`; `names` are what the table's documents name."""

    api: Api
    owner: Person
    order: dict[str, Any]
    names: Mapping[str, str]

    def outcomes(self, payload: object, headers: Mapping[str, str], *, over_socket: bool) -> dict[str, str]:
        """What one caller gets from each field: "answered", or the code of a top-level error."""
        found = {}
        for first in range(0, len(FIELDS), 20):  # more at once on one socket would be a flood
            with acknowledged(self.api.running, payload) as socket:
                for field, (_, call) in list(FIELDS.items())[first : first + 20]:
                    text = f"{field.split()[0]} {{ {self._filled(call)} }}"
                    if over_socket or field.startswith("subscription"):
                        answer = first_answer(socket, text)
                    else:
                        answer = self.api.send(text, None, **headers)
                    found[field] = answer["errors"][0]["extensions"]["code"] if "errors" in answer else "answered"
        return found

    def outcomes_for(self, person: Person, *, over_socket: bool) -> dict[str, str]:
        return self.outcomes({"authorization": f"Bearer {person.token}"}, person.headers, over_socket=over_socket)

    def _filled(self, call: str) -> str:
        for name, value in {**self.names, "key": uuid7().hex}.items():
            call = call.replace(f"${name}", value)
        return call


@pytest.fixture
def shop(api: Api) -> Shop:
    owner = api.customer()
    place = owner.position()
    order = owner.place("book")
    return Shop(api, owner, order, {"order": order["id"], "number": order["number"], "place": place})


def test_every_root_field_stands_in_the_table_with_its_rule() -> None:
    core = make_schema().core
    roots = {"query": core.query_type, "mutation": core.mutation_type, "subscription": core.subscription_type}
    served = {f"{kind} {name}" for kind, root in roots.items() if root for name in root.fields}
    rules = {
        f"{root.__name__.lower()} {_camel(field.python_name)}": field.permission_classes[0].__name__
        for root in (Query, Mutation, Subscription)
        for field in get_object_definition(root, strict=True).fields
    }

    assert set(FIELDS) == served
    assert {field: rule for field, (rule, _) in FIELDS.items()} == rules


@pytest.mark.parametrize("over_socket", [False, True], ids=["http", "socket"])
def test_nobody_gets_what_is_not_for_everyone(shop: Shop, over_socket: bool) -> None:
    found = shop.outcomes(None, {}, over_socket=over_socket)

    assert found == {field: "answered" if rule == ANYONE else "UNAUTHENTICATED" for field, (rule, _) in FIELDS.items()}


@pytest.mark.parametrize("over_socket", [False, True], ids=["http", "socket"])
def test_customers_get_what_is_theirs(shop: Shop, over_socket: bool) -> None:
    found = shop.outcomes_for(shop.owner, over_socket=over_socket)

    assert found == {field: "FORBIDDEN" if rule == STAFF else "answered" for field, (rule, _) in FIELDS.items()}


@pytest.mark.parametrize("over_socket", [False, True], ids=["http", "socket"])
def test_other_customers_do_not_even_follow_it(shop: Shop, over_socket: bool) -> None:
    found = shop.outcomes_for(shop.api.customer(), over_socket=over_socket)

    hidden = {"subscription statusTransitions": "NOT_FOUND", "subscription order": "NOT_FOUND"}
    assert found == {
        field: hidden.get(field, "FORBIDDEN" if rule == STAFF else "answered") for field, (rule, _) in FIELDS.items()
    }


@pytest.mark.parametrize("over_socket", [False, True], ids=["http", "socket"])
def test_staff_get_all_but_what_only_customers_do(shop: Shop, over_socket: bool) -> None:
    found = shop.outcomes_for(shop.api.staff(), over_socket=over_socket)

    assert found == {field: "FORBIDDEN" if rule == CUSTOMERS else "answered" for field, (rule, _) in FIELDS.items()}


def test_whoever_is_refused_has_changed_nothing(shop: Shop) -> None:
    shop.outcomes(None, {}, over_socket=False)
    shop.outcomes_for(shop.api.customer(), over_socket=False)

    shown = shop.owner.send("query ($n: String!) { order(number: $n) { version status } }", {"n": shop.order["number"]})

    assert shown["data"]["order"] == {"version": 1, "status": "UNPAID"}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
