"""Health: alive is not ready, and what is merely helpful does not take a process out of service."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages import health
from tests.pages.site import Site


@pytest.mark.parametrize(
    ("failing", "status", "answer"),
    [
        (set(), 200, {"status": "ready", "checks": {"database": "ok", "hints": "ok"}}),
        ({"hints"}, 200, {"status": "degraded", "checks": {"database": "ok", "hints": "failing"}}),
        ({"database"}, 503, {"status": "failing", "checks": {"database": "failing", "hints": "ok"}}),
    ],
    ids=str,
)
def test_says_what_works(site: Site, failing: set[str], status: int, answer: object) -> None:
    site.failing = failing
    with site.client() as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()) == (status, answer)
        assert client.get("/healthz").json() == {"status": "alive"}


def test_a_check_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.05)

    async def hang() -> None:
        await asyncio.Event().wait()

    with TestClient(Starlette(routes=health.routes(required={"database": hang}))) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "timeout"})
