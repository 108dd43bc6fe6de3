"""`make audit-money`: says each difference on a line, and fails where there is one."""

import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from tests.api import Api
from tests.peers.processes import REPOSITORY, free_port
from tests.telling import attempts
from tests.test_money_audit import run
from tests.test_order_audit import stored


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


def test_it_fails_and_calls_nothing_missing_where_it_could_not_ask(tmp_path: Path) -> None:
    at_stripe = {
        "STRIPE_SECRET_KEY": "sk_test_of_nobody",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
        "STRIPE_API_BASE": f"http://127.0.0.1:{free_port()}",
        "SELLER_IBAN": "FR7630006000011234567890189",
    }
    audit(tmp_path)
    since = {"SINCE": "2026-01-01", "UNTIL": "2026-01-02"}
    unheard = audit(tmp_path, **at_stripe, **since)
    assert (unheard.returncode, unheard.stdout) == (1, "")
    assert unheard.stderr.splitlines()[-1].startswith(
        "audit-money: stripe could not be asked about 2026-01-01 and later: "
    )


def test_real_payments_are_not_compared_with_the_sandbox(api: Api, tmp_path: Path) -> None:
    """As where it is run without the settings that the server has."""
    order = api.customer().place_and_pay("server")
    (payment,) = attempts(api, order)
    took = "UPDATE payments SET provider_reference = :name WHERE id = :id"
    key = stored(api, payment.id)
    run(api, took, name=f"pi_{payment.id.hex}", id=key)
    settings = api.running.parts.settings
    since = {"SINCE": (payment.created_at - timedelta(minutes=1)).isoformat()}

    found = audit(tmp_path, DATABASE_URL=str(settings.database_url), **since)

    assert found.returncode == 1
    assert f"pi_{payment.id.hex}" not in found.stdout
    assert found.stdout.splitlines()[-1] == "1 movements at another provider, not compared"
    assert found.stderr.splitlines()[-1] == (
        "audit-money: real payments were made, and the settings name no provider of them"
    )
    run(api, took, name=payment.provider_reference, id=key)
