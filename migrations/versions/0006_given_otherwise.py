"""Migration 0006: what customers were given otherwise, where a refund had failed."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final[str | None] = "0005"
branch_labels: Final[Sequence[str] | None] = None
depends_on: Final[Sequence[str] | None] = None

# Refunds that staff had let be: neither open nor tried again. What has been promised anew since does not count.
_REFUNDS: Final = """
    UPDATE refunds SET given_otherwise = amount
    WHERE status = 'FAILED' AND closed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM refunds AS again WHERE again.replaces = refunds.id)
        AND (
            SELECT sum(others.amount) FROM refunds AS others
            WHERE others.payment_id = refunds.payment_id AND others.status = 'FAILED' AND others.closed_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM refunds AS again WHERE again.replaces = others.id)
        ) <= (SELECT payments.amount - payments.refunded FROM payments WHERE payments.id = refunds.payment_id)
"""
_PAYMENTS: Final = """
    UPDATE payments SET given_otherwise = (
        SELECT sum(refunds.given_otherwise) FROM refunds WHERE refunds.payment_id = payments.id
    )
    WHERE id IN (SELECT payment_id FROM refunds WHERE refunds.given_otherwise > 0)
"""


def upgrade() -> None:
    # By itself on SQLite, too: a batch would make the tables anew, and others refer to them.
    for table in ("payments", "refunds"):
        op.add_column(table, sa.Column("given_otherwise", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(_REFUNDS)
    op.execute(_PAYMENTS)


def downgrade() -> None:
    for table in ("payments", "refunds"):
        op.drop_column(table, "given_otherwise")
