"""Migration 0003: what is written into the ledger can neither be changed nor taken out."""

from collections.abc import Sequence
from typing import Final

from alembic import op

revision: Final = "0003"
down_revision: Final[str | None] = "0002"
branch_labels: Final[Sequence[str] | None] = None
depends_on: Final[Sequence[str] | None] = None


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER journal_entries_no_{change} BEFORE {change.upper()} ON journal_entries"
                " BEGIN SELECT RAISE(ABORT, 'journal entries are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION keep_journal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'journal entries are append-only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_entries_append_only BEFORE UPDATE OR DELETE ON journal_entries FOR EACH ROW"
        " EXECUTE FUNCTION keep_journal()"
    )
    op.execute(
        "CREATE TRIGGER journal_entries_not_emptied BEFORE TRUNCATE ON journal_entries EXECUTE FUNCTION keep_journal()"
    )


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER journal_entries_no_{change}")
        return
    for name in ("append_only", "not_emptied"):
        op.execute(f"DROP TRIGGER journal_entries_{name} ON journal_entries")
    op.execute("DROP FUNCTION keep_journal()")
