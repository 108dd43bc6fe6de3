"""Uploads that come at once: the bound on files that wait to be used holds for all of them together."""

import asyncio
import io
from uuid import UUID

from pages.upload_store import MOST_WAITING, ReceivedFile, TooManyWaiting
from tests.api import Api


def test_a_disk_is_not_filled_by_requests_that_come_at_once(api: Api) -> None:
    account_id = api.customer().id

    async def send_ten() -> list[UUID]:
        files = [ReceivedFile("a.pdf", "application/pdf", 1, io.BytesIO(b"x")) for _ in range(10)]
        return await api.running.parts.uploads.store(files, account_id=account_id)

    async def at_once() -> list[list[UUID] | BaseException]:
        return await asyncio.gather(*(send_ten() for _ in range(8)), return_exceptions=True)

    outcomes = api.running.do(at_once())

    assert sum(isinstance(outcome, list) for outcome in outcomes) == MOST_WAITING // 10
    assert sum(isinstance(outcome, TooManyWaiting) for outcome in outcomes) == 8 - MOST_WAITING // 10
