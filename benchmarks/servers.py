"""Starts what is measured: our own server for each database, and the peers for one of them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access.tokens import Tokens
from benchmarks.measuring import Subject
from benchmarks.orders import Crowd, Login
from models.account import AccountKind
from tests.peers.processes import Process, free_port
from tests.peers.programs import Server

_SECRET = "a secret for benchmarks that is long enough"  # noqa: S105 (it guards nothing)


@contextmanager
def our_server(url: str, crowd: Crowd, folder: Path) -> Iterator[dict[AccountKind, Subject]]:
    """As in production: access, limits and the log are on. One way in for each kind of account."""
    environment = {"DATABASE_URL": url, "SECRET_KEY": _SECRET, "DATA_DIR": str(folder), "RELAY": "false"}
    with Server(folder=folder, environment=environment) as server:
        tokens = Tokens(_SECRET, server.url, timedelta(days=1))
        yield {
            kind: Subject(port=server.port, pid=server.pid, headers=_headers(tokens, login, kind))
            for kind, login in ((AccountKind.CUSTOMER, crowd.customer), (AccountKind.STAFF, crowd.staff))
        }


@contextmanager
def peer(module: str, url: str, folder: Path) -> Iterator[Subject]:
    """`module` holds an ASGI application, `app`."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port), "--no-access-log"]
    process = Process(command, log=folder / f"{module}.log", environment={"DATABASE_URL": url})
    try:
        subject = Subject(port=port, pid=process.pid)
        process.wait_until(subject.accepts, seconds=30)
        yield subject
    finally:
        process.stop()


def _headers(tokens: Tokens, login: Login, kind: AccountKind) -> dict[str, str]:
    now = datetime.now(UTC) - timedelta(seconds=5)  # the database's clock decides, and may be a little behind
    issued = tokens.issue(
        account_id=login.account, kind=kind, session_id=login.session, session_ends=now + timedelta(days=1), now=now
    )
    return {"authorization": f"Bearer {issued.token}"}
