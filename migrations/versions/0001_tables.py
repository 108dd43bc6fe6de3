"""Migration 0001: tables."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final[str | None] = None
branch_labels: Final[Sequence[str] | None] = None
depends_on: Final[Sequence[str] | None] = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("CUSTOMER", "STAFF", name="accountkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("issuer", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=True),
        sa.Column(
            "account_type",
            sa.Enum(
                "INDIVIDUAL",
                "COMPANY",
                "ASSOCIATION",
                "ADMINISTRATION",
                name="accounttype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("vat_number", sa.String(length=20), nullable=True),
        sa.Column("address_lines", sa.JSON(), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "kind = 'STAFF' OR (account_type IS NOT NULL AND country IS NOT NULL AND currency IS NOT NULL)",
            name=op.f("ck_accounts_customer_is_complete"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_accounts_email_is_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_accounts_issuer_subject")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_accounts_disabled_at",
            ["disabled_at"],
            unique=False,
            postgresql_where=sa.text("disabled_at IS NOT NULL"),
            sqlite_where=sa.text("disabled_at IS NOT NULL"),
        )

    op.create_table(
        "invoice_series",
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kept_after", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "SERVER",
                "DOMAIN",
                "EMAIL",
                "STORAGE",
                "LICENCE",
                "PUBLICATION",
                "SETUP",
                name="productcategory",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "tax_category",
            sa.Enum(
                "STANDARD", "PUBLICATION", name="taxcategory", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("withdrawable", sa.Boolean(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=True),
        sa.Column("delivery_minutes", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("setup_product_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("delivery_minutes >= 0", name=op.f("ck_products_delivery_takes_time")),
        sa.ForeignKeyConstraint(["setup_product_id"], ["products.id"], name=op.f("fk_products_setup_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("code", name=op.f("uq_products_code")),
    )
    op.create_table(
        "sandbox_charges",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PROCESSING",
                "REQUIRES_ACTION",
                "SUCCEEDED",
                "FAILED",
                "CANCELLED",
                name="sandboxstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("return_url", sa.String(length=2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("refunded BETWEEN 0 AND amount", name=op.f("ck_sandbox_charges_refunded_within_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_charges")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_sandbox_charges_idempotency_key")),
    )
    op.create_table(
        "sandbox_setups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PROCESSING",
                "REQUIRES_ACTION",
                "SUCCEEDED",
                "FAILED",
                "CANCELLED",
                name="sandboxstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("return_url", sa.String(length=2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_setups")),
    )
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("percentage", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usage_limit", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_vouchers_amount_has_currency")),
        sa.CheckConstraint("(percentage IS NULL) <> (amount IS NULL)", name=op.f("ck_vouchers_percentage_or_amount")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_vouchers_amount_is_positive")),
        sa.CheckConstraint("code = upper(code)", name=op.f("ck_vouchers_code_is_upper")),
        sa.CheckConstraint("percentage BETWEEN 1 AND 10000", name=op.f("ck_vouchers_percentage_is_sane")),
        sa.CheckConstraint(
            "used >= 0 AND (usage_limit IS NULL OR used <= usage_limit)", name=op.f("ck_vouchers_within_limit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("code", name=op.f("uq_vouchers_code")),
    )
    op.create_table(
        "idempotency_records",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_idempotency_records_account_id")),
        sa.PrimaryKeyConstraint("account_id", "operation", "key", name=op.f("pk_idempotency_records")),
    )
    with op.batch_alter_table("idempotency_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_records_created_at"), ["created_at"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "UNPAID",
                "CONFIRMATION",
                "DOCUMENTS_REQUESTED",
                "BEING_PROCESSED",
                "COMPLETE",
                "EXPIRED",
                "CANCELLED",
                name="orderstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("total_without_tax", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("reverse_charge", sa.Boolean(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=True),
        sa.Column("billing", sa.JSON(), nullable=False),
        sa.Column("withdrawal_waived", sa.Boolean(), nullable=False),
        sa.Column("withdrawable_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_minutes", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number BETWEEN 1000000000 AND 9999999999", name=op.f("ck_orders_number_has_ten_digits")),
        sa.CheckConstraint("subtotal >= total_without_tax", name=op.f("ck_orders_reductions_reduce")),
        sa.CheckConstraint("total = total_without_tax + tax", name=op.f("ck_orders_total_adds_up")),
        sa.CheckConstraint("total_without_tax >= 0 AND tax >= 0", name=op.f("ck_orders_amounts_are_not_negative")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_orders_version_is_positive")),
        sa.ForeignKeyConstraint(["customer_id"], ["accounts.id"], name=op.f("fk_orders_customer_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f("fk_orders_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_orders_customer_id_created", ["customer_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_orders_customer_id_number", ["customer_id", "number"], unique=False)
        batch_op.create_index(
            "ix_orders_customer_id_status_created", ["customer_id", "status", "created_at", "id"], unique=False
        )
        batch_op.create_index("ix_orders_customer_id_status_number", ["customer_id", "status", "number"], unique=False)
        batch_op.create_index(
            "ix_orders_customer_id_status_total", ["customer_id", "status", "currency", "total", "id"], unique=False
        )
        batch_op.create_index(
            "ix_orders_customer_id_status_updated", ["customer_id", "status", "updated_at", "id"], unique=False
        )
        batch_op.create_index("ix_orders_customer_id_total", ["customer_id", "currency", "total", "id"], unique=False)
        batch_op.create_index("ix_orders_customer_id_updated", ["customer_id", "updated_at", "id"], unique=False)
        batch_op.create_index(
            "ix_orders_expiring",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("status = 'UNPAID'"),
            sqlite_where=sa.text("status = 'UNPAID'"),
        )
        batch_op.create_index("ix_orders_status_created", ["status", "created_at", "id"], unique=False)
        batch_op.create_index("ix_orders_status_number", ["status", "number"], unique=False)
        batch_op.create_index("ix_orders_status_total", ["status", "currency", "total", "id"], unique=False)
        batch_op.create_index("ix_orders_status_updated", ["status", "updated_at", "id"], unique=False)
        batch_op.create_index("ix_orders_total", ["currency", "total", "id"], unique=False)
        batch_op.create_index("ix_orders_updated", ["updated_at", "id"], unique=False)

    op.create_table(
        "payment_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "CARD",
                "SEPA_DIRECT_DEBIT",
                "PAYPAL",
                "BANK_TRANSFER",
                "PREPAID_ACCOUNT",
                "DEFERRED_PAYMENT",
                name="paymentmethodkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "VALIDATING",
                "VALID",
                "EXPIRED",
                "REJECTED",
                "REMOVED",
                name="paymentmethodstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("provider_token", sa.String(length=255), nullable=True),
        sa.Column("setup_reference", sa.String(length=255), nullable=True),
        sa.Column("next_action_url", sa.String(length=2000), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("wanted_as_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("NOT is_default OR status = 'VALID'", name=op.f("ck_payment_methods_default_is_valid")),
        sa.ForeignKeyConstraint(["customer_id"], ["accounts.id"], name=op.f("fk_payment_methods_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sa.UniqueConstraint("setup_reference", name=op.f("uq_payment_methods_setup_reference")),
    )
    with op.batch_alter_table("payment_methods", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_methods_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            "ix_payment_methods_next_check",
            ["next_check_at"],
            unique=False,
            postgresql_where=sa.text("next_check_at IS NOT NULL"),
            sqlite_where=sa.text("next_check_at IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_payment_methods_default",
            ["customer_id"],
            unique=True,
            postgresql_where=sa.text("is_default"),
            sqlite_where=sa.text("is_default = 1"),
        )

    op.create_table(
        "prepaid_accounts",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_prepaid_accounts_balance_is_not_negative")),
        sa.ForeignKeyConstraint(["customer_id"], ["accounts.id"], name=op.f("fk_prepaid_accounts_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "currency", name=op.f("pk_prepaid_accounts")),
    )
    op.create_table(
        "prices",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_prices_amount_is_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_prices_product_id")),
        sa.PrimaryKeyConstraint("product_id", "currency", name=op.f("pk_prices")),
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("percentage", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("percentage BETWEEN 1 AND 10000", name=op.f("ck_promotions_percentage_is_sane")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_promotions_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
    )
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_promotions_product_id"), ["product_id"], unique=False)

    op.create_table(
        "sandbox_refunds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("charge_id", sa.String(length=None), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charge_id"], ["sandbox_charges.id"], name=op.f("fk_sandbox_refunds_charge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_refunds")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_sandbox_refunds_idempotency_key")),
    )
    with op.batch_alter_table("sandbox_refunds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sandbox_refunds_charge_id"), ["charge_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "stripe_customers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_stripe_customers_account_id")),
        sa.PrimaryKeyConstraint("account_id", "live", name=op.f("pk_stripe_customers")),
        sa.UniqueConstraint("reference", name=op.f("uq_stripe_customers_reference")),
    )
    op.create_table(
        "changes",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "TRANSITION",
                "PAYMENT",
                "REFUND",
                "LATE_PAYMENT_REFUNDED",
                "DOCUMENTS",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "actor",
            sa.Enum(
                "CUSTOMER",
                "STAFF",
                "SYSTEM",
                "PAYMENT_PROVIDER",
                name="actorkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column(
            "from_status",
            sa.Enum(
                "UNPAID",
                "CONFIRMATION",
                "DOCUMENTS_REQUESTED",
                "BEING_PROCESSED",
                "COMPLETE",
                "EXPIRED",
                "CANCELLED",
                name="from_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "UNPAID",
                "CONFIRMATION",
                "DOCUMENTS_REQUESTED",
                "BEING_PROCESSED",
                "COMPLETE",
                "EXPIRED",
                "CANCELLED",
                name="to_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'TRANSITION') = (sequence IS NOT NULL)", name=op.f("ck_changes_transition_has_sequence")
        ),
        sa.CheckConstraint(
            "(kind = 'TRANSITION') = (to_status IS NOT NULL)", name=op.f("ck_changes_transition_has_target")
        ),
        sa.CheckConstraint(
            "(from_status IS NULL) = (sequence IS NULL OR sequence = 1)", name=op.f("ck_changes_first_has_no_source")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_changes_order_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_changes")),
        sa.UniqueConstraint("order_id", "sequence", name=op.f("uq_changes_order_id_sequence")),
        sa.UniqueConstraint("order_id", "version", name=op.f("uq_changes_order_id_version")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changes_customer_id_position"), ["customer_id", "position"], unique=False)

    op.create_table(
        "document_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_document_requests_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_requests")),
    )
    with op.batch_alter_table("document_requests", schema=None) as batch_op:
        batch_op.create_index(
            "ix_document_requests_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_document_requests_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_document_requests_open",
            ["order_id"],
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "inbox_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("charge", sa.String(length=255), nullable=True),
        sa.Column("refund", sa.String(length=255), nullable=True),
        sa.Column("setup", sa.String(length=255), nullable=True),
        sa.Column("attempt", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column(
            "held_for",
            sa.Enum(
                "UNKNOWN_CHARGE",
                "UNKNOWN_REFUND",
                "OTHER_ATTEMPT",
                "OTHER_AMOUNT",
                "OTHER_CURRENCY",
                "REFUNDED_TOO_MUCH",
                "DISPUTED",
                name="mismatch",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "resolved_at IS NULL OR held_for IS NOT NULL", name=op.f("ck_inbox_events_resolved_was_held")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_inbox_events_order_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["accounts.id"], name=op.f("fk_inbox_events_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_inbox_events_source_event_id")),
    )
    with op.batch_alter_table("inbox_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_events_held",
            ["received_at", "id"],
            unique=False,
            postgresql_where=sa.text("held_for IS NOT NULL AND resolved_at IS NULL"),
            sqlite_where=sa.text("held_for IS NOT NULL AND resolved_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_inbox_events_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_events_resolved_by"), ["resolved_by"], unique=False)

    op.create_table(
        "journal_entries",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "PAYMENT",
                "REFUND_PROMISED",
                "REFUND_PAID",
                "REFUND_FAILED",
                "REFUND_RETURNED",
                "REFUND_REOPENED",
                "HELD_RECEIVED",
                "HELD_RELEASED",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column(
            "debit",
            sa.Enum(
                "PROVIDER",
                "BANK",
                "PREPAID",
                "RECEIVABLE",
                "PAID",
                "OWED",
                "HELD",
                name="debit",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "credit",
            sa.Enum(
                "PROVIDER",
                "BANK",
                "PREPAID",
                "RECEIVABLE",
                "PAID",
                "OWED",
                "HELD",
                name="credit",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(order_id IS NULL) = (kind IN ('HELD_RECEIVED', 'HELD_RELEASED'))",
            name=op.f("ck_journal_entries_of_an_order"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_journal_entries_amount_is_positive")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_journal_entries_two_accounts")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_journal_entries_order_id")),
        sa.PrimaryKeyConstraint("subject_id", "kind", name=op.f("pk_journal_entries")),
    )
    with op.batch_alter_table("journal_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_entries_at_kind"), ["at", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_journal_entries_order_id"), ["order_id"], unique=False)

    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ORDER_PLACED",
                "TRANSFER_ANNOUNCED",
                "PAYMENT_RECEIVED",
                "DOCUMENTS_REQUESTED",
                "ORDER_COMPLETE",
                "ORDER_EXPIRING",
                "ORDER_EXPIRED",
                "ORDER_CANCELLED",
                "REFUNDED",
                name="mailkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_mails_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mails_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "ix_mails_waiting",
            ["next_try_at"],
            unique=False,
            postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
        )

    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("total_without_tax", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.Integer(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000", name=op.f("ck_order_lines_quantity_is_sane")),
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 10000", name=op.f("ck_order_lines_tax_rate_is_sane")),
        sa.CheckConstraint("total_without_tax <= quantity * unit_price", name=op.f("ck_order_lines_reductions_reduce")),
        sa.CheckConstraint(
            "unit_price >= 0 AND total_without_tax >= 0", name=op.f("ck_order_lines_amounts_are_not_negative")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_lines")),
    )
    op.create_table(
        "order_reductions",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("PROMOTION", "VOUCHER", name="reductionkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("percentage", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_order_reductions_amount_is_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_reductions_order_id")),
        sa.PrimaryKeyConstraint("order_id", "line_position", "position", name=op.f("pk_order_reductions")),
    )
    op.create_table(
        "order_taxes",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("base >= 0 AND amount >= 0", name=op.f("ck_order_taxes_amounts_are_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_taxes_order_id")),
        sa.PrimaryKeyConstraint("order_id", "rate", name=op.f("pk_order_taxes")),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "CARD",
                "SEPA_DIRECT_DEBIT",
                "PAYPAL",
                "BANK_TRANSFER",
                "PREPAID_ACCOUNT",
                "DEFERRED_PAYMENT",
                name="paymentmethodkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("method_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "ACTION_REQUIRED",
                "SUCCEEDED",
                "FAILED",
                "CANCELLED",
                "PARTIALLY_REFUNDED",
                "REFUNDED",
                name="paymentstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("provider_token", sa.String(length=255), nullable=True),
        sa.Column("provider_reference", sa.String(length=255), nullable=True),
        sa.Column("save_method", sa.Boolean(), nullable=False),
        sa.Column("return_url", sa.String(length=2000), nullable=True),
        sa.Column("next_action_url", sa.String(length=2000), nullable=True),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column(
            "mismatch",
            sa.Enum(
                "UNKNOWN_CHARGE",
                "UNKNOWN_REFUND",
                "OTHER_ATTEMPT",
                "OTHER_AMOUNT",
                "OTHER_CURRENCY",
                "REFUNDED_TOO_MUCH",
                "DISPUTED",
                name="mismatch",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_is_positive")),
        sa.CheckConstraint("refunded BETWEEN 0 AND amount", name=op.f("ck_payments_refunded_within_amount")),
        sa.ForeignKeyConstraint(["method_id"], ["payment_methods.id"], name=op.f("fk_payments_method_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider_reference", name=op.f("uq_payments_provider_reference")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_created_at_id"), ["created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_payments_doubtful",
            ["created_at", "id"],
            unique=False,
            postgresql_where=sa.text("status = 'PENDING' OR mismatch IS NOT NULL"),
            sqlite_where=sa.text("status = 'PENDING' OR mismatch IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_payments_method_id"), ["method_id"], unique=False)
        batch_op.create_index(
            "ix_payments_open_next_check",
            ["next_check_at"],
            unique=False,
            postgresql_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
            sqlite_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
        )
        batch_op.create_index(batch_op.f("ix_payments_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_payments_open",
            ["order_id"],
            unique=True,
            postgresql_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
            sqlite_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
        )

    op.create_table(
        "held_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("payer_name", sa.String(length=200), nullable=True),
        sa.Column("payer_account", sa.String(length=64), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column(
            "reason",
            sa.Enum(
                "UNKNOWN_REFERENCE",
                "SEVERAL_REFERENCES",
                "WRONG_CURRENCY",
                "UNDERPAID",
                "OVERPAID",
                "ALREADY_PAID",
                "ORDER_ENDED",
                "PAYMENT_IN_PROGRESS",
                "REVERSAL",
                name="heldreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column(
            "resolution",
            sa.Enum(
                "SETTLED",
                "RETURNED",
                "DISMISSED",
                name="heldresolution",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "(payment_id IS NOT NULL) = (resolution IS NOT NULL AND resolution = 'SETTLED')",
            name=op.f("ck_held_payments_settled_to_a_payment"),
        ),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolution IS NULL)", name=op.f("ck_held_payments_resolved_somehow")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_held_payments_amount_is_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_held_payments_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_held_payments_payment_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["accounts.id"], name=op.f("fk_held_payments_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_payments")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_held_payments_source_external_id")),
    )
    with op.batch_alter_table("held_payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_payments_held_at_id"), ["held_at", "id"], unique=False)
        batch_op.create_index(
            "ix_held_payments_open",
            ["held_at", "id"],
            unique=False,
            postgresql_where=sa.text("resolved_at IS NULL"),
            sqlite_where=sa.text("resolved_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_held_payments_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_held_payments_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_held_payments_resolved_by"), ["resolved_by"], unique=False)

    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "SUCCEEDED",
                "FAILED",
                name="refundstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("overpaid", sa.Boolean(), nullable=False),
        sa.Column("by_transfer", sa.Boolean(), nullable=False),
        sa.Column("provider_reference", sa.String(length=255), nullable=True),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "status <> 'SUCCEEDED' OR closed_at IS NOT NULL", name=op.f("ck_refunds_succeeded_is_closed")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_is_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.ForeignKeyConstraint(["replaces"], ["refunds.id"], name=op.f("fk_refunds_replaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("provider_reference", name=op.f("uq_refunds_provider_reference")),
        sa.UniqueConstraint("replaces", name=op.f("uq_refunds_replaces")),
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_refunds_outstanding",
            ["created_at", "id"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_refunds_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refunds_status"), ["status"], unique=False)

    op.create_table(
        "statement_lines",
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_statement_lines_amount_is_positive")),
        sa.ForeignKeyConstraint(["imported_by"], ["accounts.id"], name=op.f("fk_statement_lines_imported_by")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_statement_lines_payment_id")),
        sa.PrimaryKeyConstraint("external_id", name=op.f("pk_statement_lines")),
    )
    with op.batch_alter_table("statement_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_lines_imported_by"), ["imported_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_lines_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "IDENTITY",
                "PROOF_OF_ADDRESS",
                "COMPANY_REGISTRATION",
                "PAYMENT_PROOF",
                "OTHER",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_uploads_size_is_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_uploads_account_id")),
        sa.ForeignKeyConstraint(["request_id"], ["document_requests.id"], name=op.f("fk_uploads_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_uploads_request_id"), ["request_id"], unique=False)

    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("INVOICE", "CREDIT_NOTE", name="invoicekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("seller", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'CREDIT_NOTE') = (refund_id IS NOT NULL)", name=op.f("ck_invoices_credit_note_has_refund")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoices_order_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_invoices_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_invoices_refund_id")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_invoices_series_number")),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoices_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_invoices_order",
            ["order_id"],
            unique=True,
            postgresql_where=sa.text("kind = 'INVOICE'"),
            sqlite_where=sa.text("kind = 'INVOICE'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_invoices_order", postgresql_where=sa.text("kind = 'INVOICE'"), sqlite_where=sa.text("kind = 'INVOICE'")
        )
        batch_op.drop_index(batch_op.f("ix_invoices_order_id"))

    op.drop_table("invoices")
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_uploads_request_id"))
        batch_op.drop_index(batch_op.f("ix_uploads_account_id"))

    op.drop_table("uploads")
    with op.batch_alter_table("statement_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statement_lines_payment_id"))
        batch_op.drop_index(batch_op.f("ix_statement_lines_imported_by"))

    op.drop_table("statement_lines")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refunds_status"))
        batch_op.drop_index(batch_op.f("ix_refunds_payment_id"))
        batch_op.drop_index(
            "ix_refunds_outstanding",
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("refunds")
    with op.batch_alter_table("held_payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_held_payments_resolved_by"))
        batch_op.drop_index(batch_op.f("ix_held_payments_payment_id"))
        batch_op.drop_index(batch_op.f("ix_held_payments_order_id"))
        batch_op.drop_index(
            "ix_held_payments_open",
            postgresql_where=sa.text("resolved_at IS NULL"),
            sqlite_where=sa.text("resolved_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_held_payments_held_at_id"))

    op.drop_table("held_payments")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payments_open",
            postgresql_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
            sqlite_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
        )
        batch_op.drop_index(batch_op.f("ix_payments_order_id"))
        batch_op.drop_index(
            "ix_payments_open_next_check",
            postgresql_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
            sqlite_where=sa.text("status IN ('PENDING', 'ACTION_REQUIRED')"),
        )
        batch_op.drop_index(batch_op.f("ix_payments_method_id"))
        batch_op.drop_index(
            "ix_payments_doubtful",
            postgresql_where=sa.text("status = 'PENDING' OR mismatch IS NOT NULL"),
            sqlite_where=sa.text("status = 'PENDING' OR mismatch IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_payments_created_at_id"))

    op.drop_table("payments")
    op.drop_table("order_taxes")
    op.drop_table("order_reductions")
    op.drop_table("order_lines")
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mails_waiting",
            postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_mails_order_id"))

    op.drop_table("mails")
    with op.batch_alter_table("journal_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_entries_order_id"))
        batch_op.drop_index(batch_op.f("ix_journal_entries_at_kind"))

    op.drop_table("journal_entries")
    with op.batch_alter_table("inbox_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_events_resolved_by"))
        batch_op.drop_index(batch_op.f("ix_inbox_events_order_id"))
        batch_op.drop_index(
            "ix_inbox_events_held",
            postgresql_where=sa.text("held_for IS NOT NULL AND resolved_at IS NULL"),
            sqlite_where=sa.text("held_for IS NOT NULL AND resolved_at IS NULL"),
        )

    op.drop_table("inbox_events")
    with op.batch_alter_table("document_requests", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_document_requests_open",
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_document_requests_order_id"))
        batch_op.drop_index(
            "ix_document_requests_due",
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("document_requests")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_changes_customer_id_position"))

    op.drop_table("changes")
    op.drop_table("stripe_customers")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_expires_at"))
        batch_op.drop_index(batch_op.f("ix_sessions_ended_at"))
        batch_op.drop_index(batch_op.f("ix_sessions_account_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("sandbox_refunds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sandbox_refunds_charge_id"))

    op.drop_table("sandbox_refunds")
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_promotions_product_id"))

    op.drop_table("promotions")
    op.drop_table("prices")
    op.drop_table("prepaid_accounts")
    with op.batch_alter_table("payment_methods", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_methods_default", postgresql_where=sa.text("is_default"), sqlite_where=sa.text("is_default = 1")
        )
        batch_op.drop_index(
            "ix_payment_methods_next_check",
            postgresql_where=sa.text("next_check_at IS NOT NULL"),
            sqlite_where=sa.text("next_check_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_payment_methods_customer_id"))

    op.drop_table("payment_methods")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_updated")
        batch_op.drop_index("ix_orders_total")
        batch_op.drop_index("ix_orders_status_updated")
        batch_op.drop_index("ix_orders_status_total")
        batch_op.drop_index("ix_orders_status_number")
        batch_op.drop_index("ix_orders_status_created")
        batch_op.drop_index(
            "ix_orders_expiring",
            postgresql_where=sa.text("status = 'UNPAID'"),
            sqlite_where=sa.text("status = 'UNPAID'"),
        )
        batch_op.drop_index("ix_orders_customer_id_updated")
        batch_op.drop_index("ix_orders_customer_id_total")
        batch_op.drop_index("ix_orders_customer_id_status_updated")
        batch_op.drop_index("ix_orders_customer_id_status_total")
        batch_op.drop_index("ix_orders_customer_id_status_number")
        batch_op.drop_index("ix_orders_customer_id_status_created")
        batch_op.drop_index("ix_orders_customer_id_number")
        batch_op.drop_index("ix_orders_customer_id_created")
        batch_op.drop_index("ix_orders_created")

    op.drop_table("orders")
    with op.batch_alter_table("idempotency_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_records_created_at"))

    op.drop_table("idempotency_records")
    op.drop_table("vouchers")
    op.drop_table("sandbox_setups")
    op.drop_table("sandbox_charges")
    op.drop_table("products")
    op.drop_table("log_head")
    op.drop_table("leases")
    op.drop_table("invoice_series")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_accounts_disabled_at",
            postgresql_where=sa.text("disabled_at IS NOT NULL"),
            sqlite_where=sa.text("disabled_at IS NOT NULL"),
        )

    op.drop_table("accounts")
