"""Migrations run up, down and up again on both databases and make what the models describe."""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
from models.engine import create_engine
from models.migrating import MIGRATIONS, DatabaseIsNewer, migrate, revisions, upgrade
from tests.peers.postgresql import PostgreSQL
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


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database and tells its URL."""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return lambda: server.create_database(f"migrations_{uuid4().hex}")
    return lambda: f"sqlite+aiosqlite:///{tmp_path / uuid4().hex}"


def run(url: str, story: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    async def told() -> None:
        engine = create_engine(url, pool_size=2)
        try:
            await story(engine)
        finally:
            await engine.dispose()

    asyncio.run(told())


async def query(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(statement))]


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


def test_what_was_given_otherwise_before_it_was_counted_is_counted(new_url: Callable[[], str]) -> None:
    """Refunds that staff had let be, but for what has been promised anew since."""
    common = {"created_at": "2026-01-01 00:00:00", "amount": 60}

    def payment(number: int, refunded: int) -> tuple[str, dict[str, object]]:
        how = {"kind": "CARD", "currency": "EUR", "status": "SUCCEEDED", "save_method": False, "checks": 0}
        named = {"id": _id(number), "order_id": _id(number), "refunded": refunded}
        return "payments", {**common, **how, **named, "amount": 100}

    def refund(number: int, of: int, **fields: object) -> tuple[str, dict[str, object]]:
        how = {
            "status": "FAILED",
            "overpaid": False,
            "by_transfer": False,
            "tries": 0,
            "closed_at": "2026-01-02 00:00:00",
        }
        return "refunds", {**common, **how, "id": _id(number), "payment_id": _id(of), **fields}

    rows = (
        payment(1, 0), refund(10, 1),
        payment(2, 80), refund(20, 2),
        payment(3, 60), refund(30, 3), refund(31, 3, status="SUCCEEDED", replaces=_id(30)),
        payment(4, 0), refund(40, 4, closed_at=None),
    )  # fmt: skip

    async def story(engine: AsyncEngine) -> None:
        await migrate(engine, "upgrade", "0005")
        await asyncio.to_thread(_insert_alone, engine, rows)

        await upgrade(engine)

        assert await query(engine, "SELECT given_otherwise FROM payments ORDER BY id") == [(60,), (0,), (0,), (0,)]
        assert await query(
            engine,
            "SELECT sum(given_otherwise) FROM refunds WHERE payment_id IN"
            " (SELECT id FROM payments WHERE given_otherwise = 60)",
        ) == [(60,)]
        assert await query(engine, "SELECT count(*) FROM refunds WHERE given_otherwise > 0") == [(1,)]

    run(new_url(), story)


def _id(number: int) -> str:
    return f"{number:032x}"


def _insert_alone(engine: AsyncEngine, rows: Sequence[tuple[str, dict[str, object]]]) -> None:
    """Without what they refer to."""
    plain = sa.create_engine(engine.url.set(drivername=engine.url.drivername.replace("+aiosqlite", "")))
    with plain.begin() as connection:
        if plain.dialect.name == "postgresql":
            connection.execute(sa.text("SET session_replication_role = replica"))
        for table, values in rows:
            connection.execute(sa.insert(sa.table(table, *map(sa.column, values))).values(values))
    plain.dispose()


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
