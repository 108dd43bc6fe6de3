"""Migration 0002: the one row of the log's head, with a name that no other log has."""

import secrets
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final[str | None] = "0001"
branch_labels: Final[Sequence[str] | None] = None
depends_on: Final[Sequence[str] | None] = None

log_head: Final = sa.table(
    "log_head",
    sa.column("id", sa.Integer),
    sa.column("epoch", sa.String),
    sa.column("position", sa.BigInteger),
    sa.column("kept_after", sa.BigInteger),
)


def upgrade() -> None:
    op.bulk_insert(log_head, [{"id": 1, "epoch": secrets.token_hex(16), "position": 0, "kept_after": 0}])


def downgrade() -> None:
    op.execute(log_head.delete())
