"""The table of contents of the API: every root field, who may ask for it, and where it is answered."""

from collections.abc import AsyncGenerator

import strawberry
from strawberry.permission import BasePermission

from resolvers import held_payments, money, orders, payments, queries, sessions, subscriptions
from resolvers.rules import Anyone, CustomersOnly, SignedIn, StaffOnly
from schema.audit import MoneyAudit
from schema.catalogue import ProductConnection
from schema.connections import Connection
from schema.held_event import HeldEvent
from schema.held_payment import HeldPaymentConnection
from schema.node import Node
from schema.order import Order, OrderConnection, Payment, StatusTransition
from schema.order_count import OrderCount
from schema.payloads import (
    ApplyHeldEventPayload,
    CheckPaymentPayload,
    HeldPaymentsPayload,
    ImportBankStatementPayload,
    OrderPayload,
    PaymentMethodPayload,
    PayOrderPayload,
    PlaceOrderPayload,
    RecordedTransferPayload,
    RefundPayload,
    RefundPaymentPayload,
    ResolveHeldEventPayload,
    SignInPayload,
    SignOutPayload,
    Viewer,
)
from schema.refund import Refund
from schema.scalars import StreamCursor

Rule = list[type[BasePermission]]
ANYONE: Rule = [Anyone]
SIGNED_IN: Rule = [SignedIn]
CUSTOMERS: Rule = [CustomersOnly]
STAFF: Rule = [StaffOnly]


@strawberry.type(description="What can be asked.")
class Query:
    viewer: Viewer | None = strawberry.field(
        resolver=queries.viewer, permission_classes=ANYONE, description="Who is asking; null where nobody is signed in."
    )
    node: Node | None = strawberry.field(
        resolver=queries.node,
        permission_classes=SIGNED_IN,
        description="Anything with an id, if the viewer may see it.",
    )
    order: Order | None = strawberry.field(
        resolver=queries.order, permission_classes=SIGNED_IN, description="An order by its number."
    )
    orders: OrderConnection | None = strawberry.field(
        resolver=queries.orders,
        permission_classes=SIGNED_IN,
        description="A customer sees their own orders; staff see all.",
    )
    products: ProductConnection | None = strawberry.field(
        resolver=queries.products, permission_classes=ANYONE, description="The catalogue, by code."
    )
    order_counts: list[OrderCount] | None = strawberry.field(
        resolver=queries.counts,
        permission_classes=SIGNED_IN,
        description="Orders in each status, zeros too. Staff: all orders; a customer: their own.",
    )
    held_payments: HeldPaymentConnection | None = strawberry.field(
        resolver=held_payments.held_payments,
        permission_classes=STAFF,
        description="Staff. Money that arrived and that no rule may settle, the oldest first.",
    )
    payments_in_doubt: Connection[Payment] | None = strawberry.field(
        resolver=money.payments_in_doubt,
        permission_classes=STAFF,
        description="Staff. Attempts to pay that only the payment provider can end, or that it tells of what does not "
        "fit, the oldest first. They are asked after by themselves; `checkPayment` asks now.",
    )
    outstanding_refunds: Connection[Refund] | None = strawberry.field(
        resolver=money.outstanding_refunds,
        permission_classes=STAFF,
        description="Staff. Refunds that are owed and not paid out yet, or that failed, the oldest first.",
    )
    held_events: Connection[HeldEvent] | None = strawberry.field(
        resolver=money.held_events,
        permission_classes=STAFF,
        description="Staff. What the payment provider told and no rule may act on, the oldest first.",
    )
    money_audit: MoneyAudit | None = strawberry.field(
        resolver=money.money_audit,
        permission_classes=STAFF,
        description="Staff. The payment provider's own list of money moved against the ledger, and the ledger against "
        "payments, refunds and orders.",
    )
    stream_position: StreamCursor | None = strawberry.field(
        resolver=queries.stream_position,
        permission_classes=SIGNED_IN,
        description="Read before every other field of the document: subscribe with after: this, and nothing falls "
        "between.",
    )


@strawberry.type(
    description="What can be done. Every field is nullable, so that one that fails does not erase the others' answers."
)
class Mutation:
    sign_in: SignInPayload | None = strawberry.mutation(
        resolver=sessions.sign_in, permission_classes=ANYONE, description="Begins a session and gives a token for it."
    )
    renew_token: SignInPayload | None = strawberry.mutation(
        resolver=sessions.renew_token,
        permission_classes=SIGNED_IN,
        description="A new token for the same session, while the present one is valid.",
    )
    sign_out: SignOutPayload | None = strawberry.mutation(
        resolver=sessions.sign_out,
        permission_classes=SIGNED_IN,
        description="Ends the session of this token or cookie, and its subscriptions.",
    )
    place_order: PlaceOrderPayload | None = strawberry.mutation(
        resolver=orders.place_order, permission_classes=CUSTOMERS, description="Makes an order of a basket."
    )
    pay_order: PayOrderPayload | None = strawberry.mutation(
        resolver=payments.pay_order,
        permission_classes=CUSTOMERS,
        description="Starts one attempt to pay an order; an attempt that waits for the customer is replaced, and so is "
        "a bank transfer that is announced, by any other kind.",
    )
    cancel_order: OrderPayload | None = strawberry.mutation(
        resolver=orders.cancel_order, permission_classes=SIGNED_IN, description="Ends an order that has not been paid."
    )
    reorder: PlaceOrderPayload | None = strawberry.mutation(
        resolver=orders.reorder,
        permission_classes=CUSTOMERS,
        description="Places an order that has ended once more, at today's prices.",
    )
    provide_documents: OrderPayload | None = strawberry.mutation(
        resolver=orders.provide_documents,
        permission_classes=CUSTOMERS,
        description="Sends the supporting documents that staff asked for.",
    )
    withdraw_from_order: OrderPayload | None = strawberry.mutation(
        resolver=orders.withdraw_from_order,
        permission_classes=CUSTOMERS,
        description="Uses a consumer's right to step back from the whole order; the time not used is refunded.",
    )
    add_payment_method: PaymentMethodPayload | None = strawberry.mutation(
        resolver=payments.add_payment_method,
        permission_classes=CUSTOMERS,
        description="Saves a method by the token that the provider's form handed out.",
    )
    set_default_payment_method: PaymentMethodPayload | None = strawberry.mutation(
        resolver=payments.set_default_payment_method,
        permission_classes=CUSTOMERS,
        description="Offers this method first from now on.",
    )
    remove_payment_method: PaymentMethodPayload | None = strawberry.mutation(
        resolver=payments.remove_payment_method,
        permission_classes=CUSTOMERS,
        description="Removes a saved method; the default one only when it is the last.",
    )
    confirm_order: OrderPayload | None = strawberry.mutation(
        resolver=orders.confirm_order, permission_classes=STAFF, description="Staff. It is verified: delivery begins."
    )
    request_documents: OrderPayload | None = strawberry.mutation(
        resolver=orders.request_documents,
        permission_classes=STAFF,
        description="Staff. Asks the customer for supporting documents, by mail.",
    )
    refuse_order: OrderPayload | None = strawberry.mutation(
        resolver=orders.refuse_order, permission_classes=STAFF, description="Staff. Refunds what was paid."
    )
    complete_order: OrderPayload | None = strawberry.mutation(
        resolver=orders.complete_order,
        permission_classes=STAFF,
        description="Staff, or a provisioning system. It is delivered: mails the access details, issues the invoice.",
    )
    refund_payment: RefundPaymentPayload | None = strawberry.mutation(
        resolver=payments.refund_payment,
        permission_classes=STAFF,
        description="Staff. Gives back a payment, in whole or in part.",
    )
    record_bank_transfer: RefundPaymentPayload | None = strawberry.mutation(
        resolver=payments.record_bank_transfer,
        permission_classes=STAFF,
        description="Staff. The money of an announced bank transfer has arrived.",
    )
    record_bank_transfer_by_reference: RecordedTransferPayload | None = strawberry.mutation(
        resolver=held_payments.record_bank_transfer_by_reference,
        permission_classes=STAFF,
        description="Staff. A bank transfer has arrived, announced or not: it settles the order that its reference "
        "names, or is held where it does not fit exactly, as a line of a bank statement would be.",
    )
    import_bank_statement: ImportBankStatementPayload | None = strawberry.mutation(
        resolver=held_payments.import_bank_statement,
        permission_classes=STAFF,
        description="Staff. Settles orders by a bank statement, camt.053 or CSV, which was uploaded over POST "
        "/uploads; what does not fit exactly is held. Each line counts once, however often it is imported.",
    )
    settle_held_payments: HeldPaymentsPayload | None = strawberry.mutation(
        resolver=held_payments.settle_held_payments,
        permission_classes=STAFF,
        description="Staff. Pays an order with held payments; a difference has to be accepted.",
    )
    return_held_payment: HeldPaymentsPayload | None = strawberry.mutation(
        resolver=held_payments.return_held_payment,
        permission_classes=STAFF,
        description="Staff. Notes that it is sent back to the account that it came from, and tells the customer.",
    )
    dismiss_held_payment: HeldPaymentsPayload | None = strawberry.mutation(
        resolver=held_payments.dismiss_held_payment,
        permission_classes=STAFF,
        description="Staff. Nothing is to be done with it here.",
    )
    check_payment: CheckPaymentPayload | None = strawberry.mutation(
        resolver=money.check_payment,
        permission_classes=STAFF,
        description="Staff. Asks the payment provider now how a payment stands, also one that has ended.",
    )
    mark_refund_sent: RefundPayload | None = strawberry.mutation(
        resolver=money.mark_refund_sent,
        permission_classes=STAFF,
        description="Staff. The money of a bank transfer has been sent back by hand.",
    )
    retry_refund: RefundPayload | None = strawberry.mutation(
        resolver=money.retry_refund,
        permission_classes=STAFF,
        description="Staff. Tries a failed refund again, as a new one.",
    )
    dismiss_refund: RefundPayload | None = strawberry.mutation(
        resolver=money.dismiss_refund,
        permission_classes=STAFF,
        description="Staff. Nothing more is to be done about a failed refund.",
    )
    apply_held_event: ApplyHeldEventPayload | None = strawberry.mutation(
        resolver=money.apply_held_event,
        permission_classes=STAFF,
        description="Staff. Looks anew at what an event is about; where it fits now, it is done.",
    )
    resolve_held_event: ResolveHeldEventPayload | None = strawberry.mutation(
        resolver=money.resolve_held_event,
        permission_classes=STAFF,
        description="Staff. What an event told of has been dealt with.",
    )


@strawberry.type(description="What can be followed live.")
class Subscription:
    status_transitions: AsyncGenerator[StatusTransition, None] = strawberry.subscription(
        resolver=subscriptions.status_transitions,
        permission_classes=SIGNED_IN,
        description="Every status transition of the orders that the viewer may see, in the order in which they were "
        "committed; of one order only, where orderId is given. With after: first all that came since that place, then "
        "live, nothing lost and nothing twice. Without: live from now.",
    )
    order: AsyncGenerator[Order, None] = strawberry.subscription(
        resolver=subscriptions.order,
        permission_classes=SIGNED_IN,
        description="The order as it is now, then again after committed changes. Versions only rise; several changes "
        "may arrive as one. Stays open until the client ends it or the right to see the order ends.",
    )
    order_counts: AsyncGenerator[list[OrderCount], None] = strawberry.subscription(
        resolver=subscriptions.order_counts_live,
        permission_classes=SIGNED_IN,
        description="The counts as they are now, then again when they change, at most once a second.",
    )
