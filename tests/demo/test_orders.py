"""Every order of the demo obeys the rules of real ones, since it was made by them."""

import re
from collections import Counter
from itertools import pairwise

import pytest
from pypdf import PdfReader

from demo.customers import CUSTOMER, PROFILES
from models.change import ChangeKind
from models.document import InvoiceKind
from models.held import HeldReason
from models.mail import MailKind
from models.order import Order, OrderStatus, ReductionKind
from models.payment import PaymentMethodKind, PaymentStatus, RefundStatus
from ordering.lifecycle import ALLOWED_MOVES, FIRST, PAID
from ordering.taking import OPEN, SETTLED
from ordering.tracking import HistoryStep, TrackingStepStatus, track
from tests.demo.shop import END, ORDERS, START, Shop

pytestmark = pytest.mark.xdist_group("demo")


def was_complete(shop: Shop, order: Order) -> bool:
    return any(change.to_status is OrderStatus.COMPLETE for change in shop.history[order.id])


def test_every_status_is_there_for_staff_and_for_the_customer(shop: Shop) -> None:
    assert len(shop.orders) >= ORDERS
    assert {order.status for order in shop.orders.values()} == set(OrderStatus)
    assert {order.status for order in shop.orders_of(CUSTOMER)} == set(OrderStatus)


def test_amounts_add_up(shop: Shop) -> None:
    for order in shop.orders.values():
        lines, taxes = shop.lines[order.id], shop.taxes[order.id]
        off: Counter[int] = Counter()
        for reduction in shop.reductions[order.id]:
            off[reduction.line_position] += reduction.amount
        assert order.subtotal == sum(line.quantity * line.unit_price for line in lines)
        for line in lines:
            assert line.total_without_tax == line.quantity * line.unit_price - off[line.position]
        assert order.total_without_tax == sum(line.total_without_tax for line in lines) - off[0]
        assert order.total_without_tax == sum(tax.base for tax in taxes)
        assert (order.tax, order.total) == (sum(tax.amount for tax in taxes), order.total_without_tax + order.tax)


def test_reductions_and_set_up_fees_occur(shop: Shop) -> None:
    kinds = {reduction.kind for rows in shop.reductions.values() for reduction in rows}
    fees = {product.id for product in shop.products if not product.listed}

    assert kinds == set(ReductionKind)
    assert any(line.product_id in fees for lines in shop.lines.values() for line in lines)


def test_histories_are_legal_and_without_a_hole(shop: Shop) -> None:
    moves = {(source, move.target) for move in ALLOWED_MOVES.values() for source in move.sources}
    for order in shop.orders.values():
        steps = shop.history[order.id]
        assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
        assert (steps[0].from_status, steps[0].to_status) == (None, FIRST)
        for before, after in pairwise(steps):
            assert before.to_status is after.from_status
            assert (after.from_status, after.to_status) in moves
        assert steps[-1].to_status is order.status


def test_the_log_is_in_order_and_knows_every_version(shop: Shop) -> None:
    versions: dict[object, list[int]] = {}
    for before, after in pairwise(shop.changes):
        assert (before.position + 1, before.at <= after.at) == (after.position, True)
    for change in shop.changes:
        versions.setdefault(change.order_id, []).append(change.version)

    assert versions == {order.id: list(range(1, order.version + 1)) for order in shop.orders.values()}
    assert {change.kind for change in shop.changes} >= {ChangeKind.TRANSITION, ChangeKind.PAYMENT, ChangeKind.REFUND}
    assert shop.changes[0].at >= START
    assert (shop.changes[-1].at - END).total_seconds() < 60


def test_tracking_goes_forward(shop: Shop) -> None:
    for order in shop.orders.values():
        history = [HistoryStep(step.to_status, step.at) for step in shop.history[order.id] if step.to_status]
        statuses = [step.status for step in track(history=history).steps]
        assert re.fullmatch("(DONE )*(DOING |ERROR )?(TODO )*", "".join(f"{status} " for status in statuses))
        assert (TrackingStepStatus.ERROR in statuses) == (order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED))
        assert (set(statuses) == {TrackingStepStatus.DONE}) == (order.status is OrderStatus.COMPLETE)


def test_what_is_paid_is_what_was_asked_and_only_once(shop: Shop) -> None:
    for order in shop.orders.values():
        payments = shop.payments[order.id]
        paid = sum(payment.amount for payment in payments if payment.status in SETTLED)
        assert sum(payment.status in OPEN for payment in payments) <= (order.status is OrderStatus.UNPAID)
        if order.status in PAID:
            assert paid == order.total
        else:
            assert paid in (0, order.total)


def test_money_goes_back_where_it_is_owed(shop: Shop) -> None:
    for order in shop.orders.values():
        payments = shop.payments[order.id]
        back = sum(refund.amount for refund in shop.refunds.get(order.id, ()))
        paid = sum(payment.amount for payment in payments if payment.status in SETTLED)
        assert back == sum(payment.refunded for payment in payments) <= paid
        assert all(refund.status is RefundStatus.SUCCEEDED for refund in shop.refunds.get(order.id, ()))
        if order.status is OrderStatus.CANCELLED and not was_complete(shop, order):
            assert back == paid


def test_payments_went_well_and_badly(shop: Shop) -> None:
    payments = [payment for rows in shop.payments.values() for payment in rows]

    assert {payment.status for payment in payments} == set(PaymentStatus)
    assert {"card_declined", "transfer_overdue"} <= {payment.failure_code for payment in payments}
    assert {payment.kind for payment in payments} >= {PaymentMethodKind.CARD, PaymentMethodKind.BANK_TRANSFER}


def test_a_transfer_waits_for_staff_to_decide(shop: Shop) -> None:
    (held,) = shop.held
    assert (held.reason, held.resolution) == (HeldReason.UNDERPAID, None)
    assert held.order_id is not None
    assert shop.orders[held.order_id].status is OrderStatus.UNPAID
    assert 0 < held.amount < shop.orders[held.order_id].total


def test_prepaid_money_is_all_there(shop: Shop) -> None:
    began = {profile.email: profile.prepaid for profile in PROFILES if profile.prepaid is not None}
    for account in shop.prepaid:
        email = shop.accounts[account.customer_id].email
        taken = sum(
            payment.amount - payment.refunded
            for order in shop.orders_of(email)
            for payment in shop.payments[order.id]
            if payment.kind is PaymentMethodKind.PREPAID_ACCOUNT and payment.status in SETTLED
        )
        assert account.balance == began.pop(email) - taken
    assert not began


def test_invoices_are_numbered_without_a_hole(shop: Shop) -> None:
    numbers: dict[str, list[int]] = {}
    for invoice in shop.invoices:
        numbers.setdefault(invoice.series, []).append(invoice.number)
    invoiced = {invoice.order_id: invoice.amount for invoice in shop.invoices if invoice.kind is InvoiceKind.INVOICE}
    credited = {invoice.refund_id for invoice in shop.invoices if invoice.kind is InvoiceKind.CREDIT_NOTE}

    assert set(numbers) == {"F2026", "A2026"}
    assert all(given == list(range(1, len(given) + 1)) for given in numbers.values())
    assert invoiced == {order.id: order.total for order in shop.orders.values() if was_complete(shop, order)}
    assert credited == {refund.id for order_id in invoiced for refund in shop.refunds.get(order_id, ())}


def test_only_the_mails_of_the_last_days_wait_and_old_ones_keep_no_secrets(shop: Shop) -> None:
    sent = [mail for mail in shop.mails if mail.sent_at]
    waiting = [mail for mail in shop.mails if not mail.sent_at]

    assert sent
    assert waiting
    assert max(mail.created_at for mail in sent) < min(mail.created_at for mail in waiting)
    assert not any(mail.details for mail in sent)
    assert {mail.kind for mail in shop.mails} == set(MailKind)


def test_documents_that_were_sent_are_real_files(shop: Shop) -> None:
    assert shop.uploads
    for upload in shop.uploads:
        path = shop.uploads_folder / str(upload.id)
        assert path.stat().st_size == upload.size
        assert "Specimen" in PdfReader(path).pages[0].extract_text()
        assert upload.request_id is not None
