"""Metrics: readable by Prometheus, for whoever may read them."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages import metrics
from pages.metrics import Metric

METRICS = [
    Metric("sockets", "Open sockets.", 3),
    Metric("late", "Whether it is late.", True),
    Metric("closed_total", "Sockets closed, by code.", {4403: 2, 1012: 5}, label="code"),
]
TEXT = """\
# HELP orders_sockets Open sockets.
# TYPE orders_sockets gauge
orders_sockets 3
# HELP orders_late Whether it is late.
# TYPE orders_late gauge
orders_late 1
# HELP orders_closed_total Sockets closed, by code.
# TYPE orders_closed_total counter
orders_closed_total{code="1012"} 5
orders_closed_total{code="4403"} 2
"""


async def measure() -> Sequence[Metric]:
    await asyncio.sleep(0)
    return METRICS


@pytest.mark.parametrize(
    ("token", "is_public", "shown", "status"),
    [
        ("", True, "", 200),
        ("", False, "", 404),
        ("secret", False, "Bearer secret", 200),
        ("secret", True, "Bearer secret", 200),
        ("secret", True, "", 401),
        ("secret", False, "Bearer sécret", 401),
        ("secret", False, "Basic secret", 401),
    ],
)
def test_who_may_read_them(token: str, is_public: bool, shown: str, status: int) -> None:
    routes = metrics.routes(measure=measure, token=token, is_public=is_public)
    with TestClient(Starlette(routes=routes)) as client:
        answer = client.get("/metrics", headers={b"authorization": shown.encode()})

    assert answer.status_code == status
    assert (answer.text == TEXT) is (status == 200)
    if status == 200:
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
