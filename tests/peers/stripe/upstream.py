"""localstripe, asked in the few words that it understands."""

from collections.abc import Mapping
from typing import Any

import aiohttp

Json = dict[str, Any]


class Refused(Exception):
    """An answer that is an error: its status, and what Stripe calls `error`."""

    def __init__(self, status: int, error: Json) -> None:
        super().__init__(error.get("message", ""))
        self.status = status
        self.error = error


class Upstream:
    """`get` and `post` answer with what is there, or raise Refused."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str, **query: str) -> Json:
        return await self._call("GET", path, params=query)

    async def post(self, path: str, form: Mapping[str, str]) -> Json:
        return await self._call("POST", path, data=form)

    async def forget_everything(self) -> None:
        async with self._open().delete(f"{self._url}/_config/data") as answer:
            answer.raise_for_status()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = self._session or aiohttp.ClientSession(headers={"Authorization": "Bearer sk_test_upstream"})
        return self._session

    async def _call(self, method: str, path: str, **options: Any) -> Json:
        async with self._open().request(method, self._url + path, **options) as answer:
            body: Json = await answer.json()
            if answer.status >= 400:
                raise Refused(answer.status, _in_full(answer.status, body["error"]))
            return body


def _in_full(status: int, error: Json) -> Json:
    """It leaves out the code of what it does not find, and calls a card's refusal an invalid request."""
    if status == 404:
        return {"code": "resource_missing", **error}
    if status == 402:
        return {**error, "type": "card_error", "code": error.get("code") or "card_declined"}
    return error
