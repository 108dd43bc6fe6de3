"""Case 56: SQLite's file is busy, full, or not to be written: refused in time, nothing half done, good afterwards."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from models.engine import STATEMENT_TIMEOUT
from tests.api import QUERIES, Api, Person
from tests.behind import traces, unchanged
from tests.running import Running, run_application

PAY = (QUERIES / "pay_order.graphql").read_text()
PLACE = (QUERIES / "place_order.graphql").read_text()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("held-up")
    with run_application(f"sqlite:///{folder / 'orders.sqlite3'}", folder) as running:
        yield running


def test_case_56_a_file_that_another_program_writes_is_not_waited_for(own: Running) -> None:
    file = Path(own.database.engine.url.database or "")
    with Api(own) as api, closing(sqlite3.connect(file, isolation_level=None)) as other:
        customer = api.customer()
        order = customer.place("server")
        with unchanged(api, order):
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            assert _code(customer, order) == "UNAVAILABLE"
            assert time.monotonic() - began < STATEMENT_TIMEOUT + 3
            other.execute("ROLLBACK")
        _pay_after_all(api, customer, order)


@pytest.mark.parametrize(
    ("pragma", "undo"),
    [
        pytest.param("max_page_count = 1", "max_page_count = 1073741823", id="full"),
        pytest.param("query_only = 1", "query_only = 0", id="read-only"),
    ],
)
def test_case_56_what_cannot_be_written_is_not_written_by_half(own: Running, pragma: str, undo: str) -> None:
    """No file becomes smaller than it is: there is no room for one page more, and so many lines need several."""
    lines = {"lines": [{"productCode": "book"}] * 50, "idempotencyKey": "the same"}
    with Api(own) as api:
        customer = api.customer()
        with _each_connection(own, pragma, undo):
            answer = customer.send(PLACE, {"input": lines})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
        assert customer.run("my_orders")["nodes"] == []
        placed = customer.run("place_order", **lines)
        assert placed["errors"] == []
        _pay_after_all(api, customer, placed["order"])


def _pay_after_all(api: Api, customer: Person, order: dict[str, Any]) -> None:
    """Under the key that was refused."""
    assert customer.pay(order, idempotencyKey="the same")["payment"]["status"] == "SUCCEEDED"
    left = traces(api, order)
    left.check()
    assert left.charged == [("SUCCEEDED", left.order[2])]


def _code(customer: Person, order: dict[str, Any]) -> str:
    source = {"newMethod": {"kind": "CARD", "providerToken": "sandbox_card"}}
    answer = customer.send(PAY, {"input": {"orderId": order["id"], "source": source, "idempotencyKey": "the same"}})
    return str(answer["errors"][0]["extensions"]["code"])


@contextmanager
def _each_connection(own: Running, pragma: str, undo: str) -> Iterator[None]:
    pool = own.database.engine.sync_engine

    def prepare(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    def restore(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {undo}")

    sa.event.listen(pool, "checkout", prepare)
    try:
        yield
    finally:
        sa.event.remove(pool, "checkout", prepare)
        sa.event.listen(pool, "checkout", restore)
