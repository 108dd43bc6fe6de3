"""A site of its own for each test, and nothing in it; no request may end in an error of the server's log."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.account import AccountKind
from tests.pages.site import Site, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Of a demo, with a customer, another one, and staff."""
    with served(tmp_path, demo=True) as site:
        site.house.add("ada@example.com")
        site.house.add("bob@example.com")
        site.house.add("sue@example.com", kind=AccountKind.STAFF)
        yield site


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "production"
    folder.mkdir()
    with served(folder, demo=False) as site:
        site.house.add("sue@example.com", kind=AccountKind.STAFF)
        yield site


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
