"""`make audit-money`: says each difference on a line, and fails where there is one."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.peers.processes import REPOSITORY


def audit(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "SECRET_KEY": "k" * 32,
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'orders.sqlite3'}",
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "tools.audit_money"],
        cwd=REPOSITORY, env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_it_goes_through_all_that_there_is(tmp_path: Path) -> None:
    nothing = audit(tmp_path)
    assert (nothing.returncode, nothing.stdout) == (0, "0 movements at sandbox, 0 differences\n")

    with sqlite3.connect(tmp_path / "orders.sqlite3") as connection:
        connection.execute(
            "INSERT INTO sandbox_charges (id, idempotency_key, token, amount, currency, status, refunded, created_at) "
            "VALUES ('ch_strange', 'k', 'sandbox_card', 1234, 'EUR', 'SUCCEEDED', 0, '2026-03-01 10:00:00.000000')"
        )
    connection.close()
    found = audit(tmp_path, SINCE="2026-01-01", UNTIL="2026-06-01T00:00:00+00:00")
    assert found.returncode == 1
    assert found.stdout.splitlines() == [
        "UNKNOWN_CHARGE ch_strange order -: ours nothing, theirs €12.34",
        "1 movements at sandbox, 1 differences",
    ]
    assert audit(tmp_path, SINCE="2026-04-01", UNTIL="2026-06-01").returncode == 0
    assert audit(tmp_path, SINCE="yesterday").stderr.startswith("audit-money: ")
