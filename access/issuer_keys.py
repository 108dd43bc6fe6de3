"""The keys of an external issuer: fetched when they are needed, and sparingly."""

import asyncio
import json
from collections.abc import Callable
from typing import Final

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from access.tokens import InvalidToken

#: Seconds: for an answer, until keys are fetched again, until a failing or unsuccessful fetch is tried again, and how
#: long keys are relied on while their issuer does not answer.
TIMEOUT, FRESH, PAUSE, STALE = 3.0, 600.0, 60.0, 3600.0
#: Bytes; a set of keys has a few thousand.
LARGEST_KEY_SET: Final = 256 * 1024

log: structlog.stdlib.BoundLogger = structlog.get_logger("access")


class IssuerKeys:
    """The issuer's keys, as they were when last fetched."""

    def __init__(self, client: httpx2.AsyncClient, url: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: KeySet | None = None
        self._fetched = self._tried = -float("inf")

    async def containing(self, key_id: str | None) -> KeySet:
        """The keys, fetched again where they are old or do not have this one. Raises InvalidToken without any."""
        async with self._lock:  # whoever comes while they are being fetched waits for the same answer
            if self._is_wanting(key_id) and self._clock() - self._tried >= PAUSE:
                await self._fetch()
        if self._keys is None or self._clock() - self._fetched > STALE:
            raise InvalidToken
        return self._keys

    def _is_wanting(self, key_id: str | None) -> bool:
        if self._keys is None or self._clock() - self._fetched > FRESH:
            return True
        return key_id is not None and all(key.kid != key_id for key in self._keys)

    async def _fetch(self) -> None:
        self._tried = self._clock()
        try:
            async with asyncio.timeout(TIMEOUT):
                content = await self._download()
            self._keys = KeySet.import_key_set(json.loads(content))
        except (httpx2.HTTPError, TimeoutError, JoseError, ValueError, TypeError, LookupError) as error:
            log.warning("keys of the external issuer cannot be had", url=self._url, error=type(error).__name__)
        else:
            self._fetched = self._clock()

    async def _download(self) -> bytes:
        content = b""
        async with self._client.stream("GET", self._url) as response:
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > LARGEST_KEY_SET:
                    raise ValueError("the set of keys is too large")
        return content
