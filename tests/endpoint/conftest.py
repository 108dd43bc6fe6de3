"""The toy schema, served for the tests of the endpoint, which must leave no traceback behind."""

import logging
from collections.abc import Iterator

import pytest

from endpoint.limits import Limits
from tests.endpoint.serving import Toy, served


@pytest.fixture(scope="session")
def toy() -> Iterator[Toy]:
    with served(Limits(), graphiql_path="/graphiql") as toy:
        yield toy


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client sends may end in an error of the server's own log."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
