"""Migration 0006: what customers were given otherwise, where a refund had failed."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final[str | None] = "0005"
branch_labels: Final[Sequence[str] | None] = None
depends_on: Final[Sequence[str] | None] = None

# Refunds that staff had let be: neither open nor tried again. As much of them as has not been promised anew since.
_LET_BE: Final = """
    SELECT coalesce(sum(refunds.amount), 0) FROM refunds
    WHERE refunds.payment_id = payments.id AND refunds.status = 'FAILED' AND refunds.closed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM refunds AS again WHERE again.replaces = refunds.id)
"""
_GIVEN: Final = f"""
    UPDATE payments SET given_otherwise = CASE
        WHEN ({_LET_BE}) < amount - refunded THEN ({_LET_BE}) ELSE amount - refunded END
    WHERE status IN ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED') AND id IN (
        SELECT payment_id FROM refunds WHERE status = 'FAILED' AND closed_at IS NOT NULL
    )
"""  # noqa: S608 (both texts are above)


def upgrade() -> None:
    # By itself on SQLite, too: a batch would make the table anew, to which others refer.
    op.add_column("payments", sa.Column("given_otherwise", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(_GIVEN)


def downgrade() -> None:
    op.drop_column("payments", "given_otherwise")
