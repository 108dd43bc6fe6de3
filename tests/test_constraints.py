"""What must never be is refused by the database itself, whoever writes: every CHECK and every unique constraint."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.base import metadata
from models.stripe import StripeCustomer
from tests.api import Api
from tests.pages.files import PDF
from tests.running import Running
from tests.telling import event, tell

#: By constraint, the UPDATE of a table's rows that breaks it.
CHECKS: dict[str, str] = {
    "ck_accounts_customer_is_complete": "UPDATE accounts SET country = NULL",
    "ck_accounts_email_is_lower": "UPDATE accounts SET email = 'Robin@example.com'",
    "ck_changes_first_has_no_source": "UPDATE changes SET from_status = 'UNPAID' WHERE sequence = 1",
    "ck_changes_transition_has_sequence": "UPDATE changes SET sequence = NULL, from_status = NULL WHERE sequence = 2",
    "ck_changes_transition_has_target": "UPDATE changes SET to_status = NULL WHERE sequence = 2",
    "ck_held_payments_amount_is_positive": "UPDATE held_payments SET amount = 0",
    "ck_held_payments_resolved_somehow": "UPDATE held_payments SET resolved_at = held_at WHERE resolution IS NULL",
    "ck_held_payments_settled_to_a_payment": "UPDATE held_payments SET payment_id = (SELECT id FROM payments LIMIT 1)",
    "ck_invoices_credit_note_has_refund": "UPDATE invoices SET refund_id = NULL WHERE kind = 'CREDIT_NOTE'",
    "ck_inbox_events_resolved_was_held": "UPDATE inbox_events SET resolved_at = received_at, held_for = NULL",
    "ck_journal_entries_amount_is_positive": "INSERT INTO journal_entries (subject_id, kind, order_id, debit, credit, "
    "amount, currency, at) SELECT id, 'PAYMENT', id, 'PROVIDER', 'PAID', 0, currency, created_at FROM orders",
    "ck_journal_entries_of_an_order": "INSERT INTO journal_entries (subject_id, kind, order_id, debit, credit, "
    "amount, currency, at) SELECT id, 'PAYMENT', NULL, 'PROVIDER', 'PAID', 1, currency, created_at FROM orders",
    "ck_journal_entries_two_accounts": "INSERT INTO journal_entries (subject_id, kind, order_id, debit, credit, "
    "amount, currency, at) SELECT id, 'PAYMENT', id, 'PAID', 'PAID', 1, currency, created_at FROM orders",
    "ck_log_head_one_row": "UPDATE log_head SET id = 2",
    "ck_order_lines_amounts_are_not_negative": "UPDATE order_lines SET total_without_tax = -1",
    "ck_order_lines_quantity_is_sane": "UPDATE order_lines SET quantity = 1001",
    "ck_order_lines_reductions_reduce": "UPDATE order_lines SET total_without_tax = unit_price * quantity + 1",
    "ck_order_lines_tax_rate_is_sane": "UPDATE order_lines SET tax_rate = 10001",
    "ck_order_reductions_amount_is_positive": "UPDATE order_reductions SET amount = 0",
    "ck_order_taxes_amounts_are_not_negative": "UPDATE order_taxes SET amount = -1",
    "ck_orders_amounts_are_not_negative": "UPDATE orders SET total_without_tax = -1, total = tax - 1",
    "ck_orders_number_has_ten_digits": "UPDATE orders SET number = 999999999",
    "ck_orders_reductions_reduce": "UPDATE orders SET subtotal = total_without_tax - 1",
    "ck_orders_total_adds_up": "UPDATE orders SET total = total + 1",
    "ck_orders_version_is_positive": "UPDATE orders SET version = 0",
    "ck_payment_methods_default_is_valid": "UPDATE payment_methods SET status = 'EXPIRED' WHERE is_default",
    "ck_payments_amount_is_positive": "UPDATE payments SET amount = 0, refunded = 0",
    "ck_payments_refunded_within_amount": "UPDATE payments SET refunded = amount + 1",
    "ck_prepaid_accounts_balance_is_not_negative": "UPDATE prepaid_accounts SET balance = -1",
    "ck_prices_amount_is_not_negative": "UPDATE prices SET amount = -1",
    "ck_products_delivery_takes_time": "UPDATE products SET delivery_minutes = -1",
    "ck_promotions_percentage_is_sane": "UPDATE promotions SET percentage = 10001",
    "ck_refunds_amount_is_positive": "UPDATE refunds SET amount = 0",
    "ck_refunds_succeeded_is_closed": "UPDATE refunds SET closed_at = NULL",
    "ck_sandbox_charges_refunded_within_amount": "UPDATE sandbox_charges SET refunded = amount + 1",
    "ck_statement_lines_amount_is_positive": "UPDATE statement_lines SET amount = 0",
    "ck_uploads_size_is_positive": "UPDATE uploads SET size = 0",
    "ck_vouchers_amount_has_currency": "UPDATE vouchers SET currency = NULL WHERE amount IS NOT NULL",
    "ck_vouchers_amount_is_positive": "UPDATE vouchers SET amount = 0 WHERE amount IS NOT NULL",
    "ck_vouchers_code_is_upper": "UPDATE vouchers SET code = 'lower'",
    "ck_vouchers_percentage_is_sane": "UPDATE vouchers SET percentage = 10001 WHERE percentage IS NOT NULL",
    "ck_vouchers_percentage_or_amount": "UPDATE vouchers SET percentage = 1 WHERE amount IS NOT NULL",
    "ck_vouchers_within_limit": "UPDATE vouchers SET used = usage_limit + 1 WHERE usage_limit IS NOT NULL",
}
UNIQUES: dict[str, str] = {
    "uq_accounts_email": "UPDATE accounts SET email = 'robin@example.com'",
    "uq_accounts_issuer_subject": "UPDATE accounts SET issuer = 'i', subject = 's'",
    "uq_changes_order_id_sequence": "UPDATE changes SET sequence = 2 WHERE sequence > 2",
    "uq_changes_order_id_version": "UPDATE changes SET version = 1",
    "uq_document_requests_open": "UPDATE document_requests SET closed_at = NULL",
    "uq_held_payments_source_external_id": "UPDATE held_payments SET source = 's', external_id = 'x'",
    "uq_inbox_events_source_event_id": "UPDATE inbox_events SET event_id = 'x'",
    "uq_invoices_order": "UPDATE invoices SET kind = 'INVOICE', refund_id = NULL",
    "uq_invoices_refund_id": "UPDATE invoices SET refund_id = (SELECT id FROM refunds LIMIT 1), kind = 'CREDIT_NOTE'",
    "uq_invoices_series_number": "UPDATE invoices SET series = 'F', number = 1",
    "uq_orders_number": "UPDATE orders SET number = 1000000000",
    "uq_payment_methods_default": "UPDATE payment_methods SET is_default = true WHERE status = 'VALID'",
    "uq_payment_methods_setup_reference": "UPDATE payment_methods SET setup_reference = 'x'",
    "uq_payments_open": "UPDATE payments SET status = 'PENDING'",
    "uq_payments_provider_reference": "UPDATE payments SET provider_reference = 'x'",
    "uq_products_code": "UPDATE products SET code = 'x'",
    "uq_refunds_provider_reference": "UPDATE refunds SET provider_reference = 'x'",
    "uq_refunds_replaces": "UPDATE refunds SET replaces = (SELECT id FROM refunds LIMIT 1)",
    "uq_sandbox_charges_idempotency_key": "UPDATE sandbox_charges SET idempotency_key = 'x'",
    "uq_sandbox_refunds_idempotency_key": "UPDATE sandbox_refunds SET idempotency_key = 'x'",
    "uq_stripe_customers_reference": "UPDATE stripe_customers SET reference = 'x'",
    "uq_vouchers_code": "UPDATE vouchers SET code = 'X'",
}
ENUMS = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, sa.Enum)
]
#: Its rows cannot be changed, so that what must not be in one is tried as a new one.
JOURNAL = "journal_entries"


@pytest.fixture(scope="module")
def full(running: Running) -> Iterator[Running]:
    """At least two rows of each kind that must differ: an order that has seen everything, and one that was not paid."""
    with Api(running) as api:
        customer, staff = api.customer(prepaid=1000), api.staff()
        for kind, token in (("CARD", "sandbox_card"), ("CARD", "sandbox_card_authentication")):
            customer.run("add_payment_method", kind=kind, providerToken=token, makeDefault=True)
        order = customer.place("server", "promoted")
        customer.pay(order, "sandbox_card_declined")
        payment = customer.pay(order)["payment"]["id"]
        for _ in range(2):
            staff.run("request_documents", orderId=order["id"], documents=["IDENTITY"])
            documents = [{"uploadId": customer.upload(PDF), "kind": "IDENTITY"}]
            assert customer.run("provide_documents", orderId=order["id"], documents=documents)["errors"] == []
        staff.run("confirm_order", orderId=order["id"])
        staff.run("complete_order", orderId=order["id"])
        for amount in ("1.00", "2.00"):
            assert staff.run("refund_payment", paymentId=payment, amount=amount)["errors"] == []
            running.relay_once()
        customer.place("book")
        lines = [f"{name}{uuid4()},2026-11-24,1.00,EUR,unknown" for name in ("a", "b")]
        statement = staff.upload("\n".join(["id,booked_on,amount,currency,text", *lines]).encode(), "statement.csv")
        assert staff.run("import_bank_statement", uploadId=statement)["held"] == 2
        for _ in range(2):
            running.do(tell(api, event(charge="of another shop")))
        running.do(_know_at_stripe(running, customer.id))
        yield running


async def _know_at_stripe(running: Running, account_id: UUID) -> None:
    """In test mode and in earnest."""
    async with running.database.writing() as tx:
        tx.session.add_all(
            StripeCustomer(account_id=account_id, live=live, reference=f"cus_{live}_{account_id}")
            for live in (False, True)
        )


def _refusal(running: Running, statement: str) -> str:
    """What the database says to a statement that must fail; nothing is kept of it in any case."""

    async def attempt() -> str:
        async with running.database.writing() as tx:
            changed = await tx.session.execute(sa.text(statement))
            raise AssertionError(f"{changed.rowcount} rows were changed by: {statement}")  # type: ignore[attr-defined] # a cursor's result

    with pytest.raises(IntegrityError) as refused:
        running.do(attempt())
    return str(refused.value.orig)


def test_no_constraint_is_forgotten() -> None:
    checks, uniques = set(), set()
    enums = {f"ck_{table.name}_{_check_of(column)}" for table in metadata.sorted_tables for column in table.columns}
    for table in metadata.sorted_tables:
        checks |= {str(each.name) for each in table.constraints if isinstance(each, sa.CheckConstraint)} - enums
        uniques |= {str(each.name) for each in table.constraints if isinstance(each, sa.UniqueConstraint)}
        uniques |= {str(each.name) for each in table.indexes if each.unique}

    assert set(CHECKS) == checks
    assert set(UNIQUES) == uniques
    assert len(ENUMS) > 15


def _check_of(column: sa.Column[object]) -> str:
    return str(column.type.name) if isinstance(column.type, sa.Enum) else ""


@pytest.mark.parametrize("name", CHECKS)
def test_what_must_never_be_cannot_be_written(full: Running, name: str) -> None:
    assert name in _refusal(full, CHECKS[name])


@pytest.mark.parametrize("name", UNIQUES)
def test_what_there_is_once_cannot_be_twice(full: Running, name: str) -> None:
    assert "unique" in _refusal(full, UNIQUES[name]).lower()


@pytest.mark.parametrize(("table", "column"), ENUMS)
def test_no_status_or_kind_but_the_known_ones_is_stored(full: Running, table: str, column: str) -> None:
    statement = f"UPDATE {table} SET {column} = 'BOGUS'"  # noqa: S608 (our own names)
    if table == JOURNAL:
        names = [each.name for each in metadata.tables[table].columns]
        values = ["'BOGUS'" if name == column else name for name in names]
        statement = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"  # noqa: S608 (our own names)
    assert "check" in _refusal(full, statement).lower()
