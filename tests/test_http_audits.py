"""The audits that GraphQL over HTTP has for servers, run by the package of those who write its specification."""

import json
from pathlib import Path

from tests.running import run_application
from tools import node

CONFORMANCE = Path(__file__).parent / "conformance"


def test_passes_all_audits_of_graphql_over_http(tmp_path: Path) -> None:
    """On one database only, so that npm runs once."""
    report = tmp_path / "audits.json"
    node.npm_ci(CONFORMANCE)

    with run_application(f"sqlite:///{tmp_path / 'orders.sqlite3'}", tmp_path) as running:
        node.npm(CONFORMANCE, "run", "--silent", "audit", "--", f"{running.url}/graphql", str(report))

    audits = json.loads(report.read_text())
    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []
