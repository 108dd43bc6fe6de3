"""The audits that GraphQL over HTTP has for servers, run by the package of those who write its specification."""

import json
from pathlib import Path

import pytest

from tests.running import Running
from tools import node

CONFORMANCE = Path(__file__).parent / "conformance"


@pytest.mark.xdist_group("npm-conformance")
def test_passes_all_audits_of_graphql_over_http(running: Running, tmp_path: Path) -> None:
    report = tmp_path / "audits.json"
    node.npm_ci(CONFORMANCE)

    node.npm(CONFORMANCE, "run", "--silent", "audit", "--", f"{running.url}/graphql", str(report))

    audits = json.loads(report.read_text())
    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []
