"""Writes a migration: what the models have and the migrations before it have not.

`python -m migrations.write 0007 add_gift_cards` writes the seventh, or writes it anew. Read and complete what it wrote.
"""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from models.engine import create_engine
from models.migrating import MIGRATIONS, revisions

VERSIONS = MIGRATIONS / "versions"


def main() -> None:
    number, name = sys.argv[1:]
    with TemporaryDirectory() as scratch:
        written = asyncio.run(_write(Path(scratch), number, name))
        for earlier in VERSIONS.glob(f"{number}_*.py"):
            earlier.unlink()
        lines = [line for line in written.read_text().splitlines() if "# ###" not in line]
        path = VERSIONS / written.name
        path.write_text("\n".join(lines))
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)


async def _write(scratch: Path, number: str, name: str) -> Path:
    """The models are compared with an empty database that the earlier migrations have filled."""
    versions = scratch / "versions"
    versions.mkdir()
    for revision in revisions(VERSIONS):
        if revision < number:
            shutil.copy(next(VERSIONS.glob(f"{revision}_*.py")), versions)
    engine = create_engine(f"sqlite+aiosqlite:///{scratch / 'database'}", pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_compare, versions, number, name)
    await engine.dispose()
    return next(versions.glob(f"{number}_*.py"))


def _compare(connection: sa.Connection, versions: Path, number: str, name: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    command.upgrade(config, "head")
    command.revision(config, message=name, rev_id=number, autogenerate=True)


if __name__ == "__main__":
    main()
