"""Migrations run up, down and up again on both databases and make what the models describe."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

from models import migrating
from models.base import metadata
from models.migrating import MIGRATIONS, DatabaseIsNewer, migrate, revisions, upgrade
from tests.migrations.engines import query, run
from tests.peers.processes import REPOSITORY

#: What a database says of itself: SQLite keeps the statements that made it.
CATALOGUES = {
    "sqlite": ("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'",),
    "postgresql": (
        """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'""",
        """SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'""",
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    ),
}

pytestmark = pytest.mark.xdist_group("migrations")

WIDEN_A_COLUMN = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{head}"

def upgrade() -> None:
    with op.batch_alter_table("products") as table:
        table.alter_column("name", existing_type=sa.String(200), type_=sa.String(300))
"""


async def described(engine: AsyncEngine) -> list[str]:
    """The database's catalogue; statements by their lines, whose order does not matter."""
    rows = [row for statement in CATALOGUES[engine.dialect.name] for row in await query(engine, statement)]
    if engine.dialect.name == "postgresql":
        return sorted(map(repr, rows))
    # A column that was added later stands in the line of the last one that there was.
    texts = {name: re.split(r"\n|(?<=\)), ", str(sql)) for name, sql in rows}
    lines = {name: sorted(filter(None, (line.strip(",\t ") for line in text))) for name, text in texts.items()}
    return sorted(map(repr, lines.items()))


def test_it_runs_up_down_and_up_again(new_url: Callable[[], str]) -> None:
    async def story(engine: AsyncEngine) -> None:
        heads = []
        for _ in range(2):
            await upgrade(engine)
            heads += await query(engine, "SELECT id, epoch, position, kept_after FROM log_head")
            await migrate(engine, "downgrade", "base")
            async with engine.connect() as connection:
                left = await connection.run_sync(lambda c: sa.inspect(c).get_table_names())
            assert left == ["alembic_version"]

        (one, first, *start), (_, second, *_) = heads
        assert [one, *start] == [1, 0, 0]
        assert len(str(first)) == 32
        assert first != second  # each log has a name of its own

    run(new_url(), story)


def test_the_migrated_schema_is_that_of_the_models(new_url: Callable[[], str]) -> None:
    catalogues = []

    async def migrated(engine: AsyncEngine) -> None:
        await upgrade(engine)
        catalogues.append(await described(engine))
        async with engine.connect() as connection:
            differences = await connection.run_sync(
                lambda c: compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata)
            )
        assert differences == []

    async def created(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        catalogues.append(await described(engine))

    run(new_url(), migrated)
    run(new_url(), created)

    assert len(catalogues[0]) > len(metadata.tables)
    assert catalogues[0] == catalogues[1]


def test_a_start_with_nothing_to_migrate_does_not_even_load_the_tool(new_url: Callable[[], str]) -> None:
    url = new_url()
    run(url, upgrade)

    assert _upgrade_in_a_process(url).communicate(timeout=60) == ("alembic loaded: False\n", "")


def test_two_processes_may_start_at_once(new_url: Callable[[], str]) -> None:
    url = new_url()
    answers = [process.communicate(timeout=60) for process in [_upgrade_in_a_process(url) for _ in range(2)]]

    assert [errors for _, errors in answers] == ["", ""]

    async def story(engine: AsyncEngine) -> None:
        assert await query(engine, "SELECT count(*) FROM log_head") == [(1,)]

    run(url, story)


def test_a_database_of_a_later_version_is_left_alone(new_url: Callable[[], str]) -> None:
    async def story(engine: AsyncEngine) -> None:
        await upgrade(engine)
        async with engine.begin() as connection:
            await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseIsNewer, match="9999"):
            await upgrade(engine)

    run(new_url(), story)


def test_a_table_that_others_refer_to_can_be_changed(
    new_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, changed)
    head = revisions(MIGRATIONS / "versions")[-1]
    (changed / "versions/9999_widen.py").write_text(WIDEN_A_COLUMN.format(head=head))

    async def story(engine: AsyncEngine) -> None:
        await upgrade(engine)
        async with engine.begin() as connection:
            product = metadata.tables["products"].insert().values(
                id=uuid4(), code="vps", name="Server", description="", category="SERVER", tax_category="STANDARD",
                withdrawable=True, delivery_minutes=1, listed=True,
            )  # fmt: skip
            await connection.execute(product)
            await connection.execute(sa.text("INSERT INTO prices SELECT id, 'EUR', 100 FROM products"))
        monkeypatch.setattr(migrating, "MIGRATIONS", changed)

        await upgrade(engine)

        async with engine.connect() as connection:
            columns = await connection.run_sync(lambda c: sa.inspect(c).get_columns("products"))
        assert str(next(each["type"] for each in columns if each["name"] == "name")) == "VARCHAR(300)"
        assert await query(engine, "SELECT code, amount FROM prices JOIN products ON id = product_id") == [("vps", 100)]
        with pytest.raises(sa.exc.IntegrityError):
            async with engine.begin() as connection:
                await connection.execute(sa.text("DELETE FROM products"))

    run(new_url(), story)


def test_the_migrations_are_one_line_in_the_order_of_their_numbers() -> None:
    line = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]

    assert line[::-1] == revisions(MIGRATIONS / "versions")


def _upgrade_in_a_process(url: str) -> subprocess.Popen[str]:
    program = (
        "import asyncio, sys\n"
        "from models.engine import create_engine\n"
        "from models.migrating import upgrade\n"
        "async def main():\n"
        "    engine = create_engine(sys.argv[1], pool_size=1)\n"
        "    await upgrade(engine)\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
        "print('alembic loaded:', 'alembic' in sys.modules)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, url],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
