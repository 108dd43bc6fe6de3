"""The README's commands for PostgreSQL, Valkey and production, run on a real database and a real broker."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from settings import read_settings
from tests.demonstration import fill_demo
from tests.peers.postgresql import PostgreSQL
from tests.peers.processes import REPOSITORY, Process, eventually, free_port
from tests.peers.valkey import Valkey
from tests.readme.blocks import under
from tests.readme.folder import make_folder

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

SERVE = ".venv/bin/python server.py"


@pytest.fixture
def broker() -> Iterator[Valkey]:
    with Valkey() as broker:
        yield broker


def test_demo_runs_on_postgresql_and_valkey(postgresql: PostgreSQL, broker: Valkey, tmp_path: Path) -> None:
    assert f"\n\t@exec {SERVE}\n" in (REPOSITORY / "Makefile").read_text()  # what `make serve` comes to
    url = postgresql.create_database("readme_demo")
    fill_demo(read_settings({"DEMO": "1", "DATABASE_URL": url, "DATA_DIR": str(tmp_path)}))
    commands = _commands("PostgreSQL and Valkey", url, broker).replace("make serve", SERVE)

    with _run(commands, tmp_path) as port:
        assert b"customer@example.com" in _get(port, "/sign-in")


def test_production_runs_servers_and_a_relay(postgresql: PostgreSQL, broker: Valkey, tmp_path: Path) -> None:
    url = postgresql.create_database("readme_production")

    with _run(f"{_commands('Production', url, broker)}\nwait", tmp_path) as port:
        assert b"customer@example.com" not in _get(port, "/sign-in")
        # The servers were told not to relay, so whoever holds the lease is the other program.
        eventually(
            lambda: postgresql.execute("SELECT count(*) FROM leases", "readme_production") == [(1,)],
            what="the relay at work",
            seconds=60,
        )


def _commands(heading: str, url: str, broker: Valkey) -> str:
    (block,) = under(heading, "sh")
    assert "=postgresql://localhost/orders\n" in block.text
    assert "=redis://localhost:6379\n" in block.text
    return block.text.replace("postgresql://localhost/orders", f"'{url}'").replace("redis://localhost:6379", broker.url)


@contextmanager
def _run(commands: str, folder: Path) -> Iterator[int]:
    """Runs them until a server is ready, on the port that is given back."""
    make_folder(folder)
    port = free_port()
    script = f"cd '{folder}'\nexport PORT={port} DATA_DIR='{folder}'\n{commands}"
    process = Process([shutil.which("bash") or "bash", "-c", script], log=folder / "commands.log")
    try:
        process.wait_until(lambda: _get(port, "/readyz").startswith(b'{"status":"ready"'), seconds=120)
        yield port
    finally:
        process.kill()


def _get(port: int, path: str) -> bytes:
    """The body; nothing where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()
