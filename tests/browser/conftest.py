"""A headless Chromium for each test, watched for whatever a page must not do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.browser.watching import Watch
from tests.peers.programs import Server
from tools import chromium


@pytest.fixture
def context(demo: Server) -> Iterator[BrowserContext]:
    """A browser without cookies; the test fails afterwards if one of its pages misbehaved.

    It ends with the test: while it is there, its loop keeps asyncio from running another in this thread."""
    found = chromium.find_or_install()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, args=list(chromium.ARGUMENTS), env=dict(found.environment)
        )
        with browser.new_context(base_url=demo.url, locale="en-GB", timezone_id="Europe/Paris") as context:
            watch = Watch(context, demo.url)
            yield context
        browser.close()
    assert watch.problems == []
