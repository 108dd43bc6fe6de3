"""The SDK's client over our own HTTP library, with every wait bounded and its errors told in the door's words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import httpx2
import stripe
import structlog
from typing_extensions import override

from gateways.payments import ProviderRefusal, ProviderUnavailable, UnknownAtProvider
from gateways.payments.stripe.telling import code_of

#: Seconds for one request, and for one call with all of its retries.
_PATIENCE: Final = httpx2.Timeout(8.0, connect=3.0)
_LONGEST_CALL: Final = 20.0
_RETRIES: Final = 2
#: Stripe's word for what it does not find.
_MISSING: Final = "resource_missing"


class KeptError(ProviderUnavailable):
    """An error of Stripe's own that it keeps under the idempotency key: what was sent is over, and sending it again
    tells the same until the key is forgotten."""


Thing = TypeVar("Thing", bound=stripe.StripeObject)

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateways")


class _Http(stripe.HTTPClient):
    """Made at the first request: a program that only prepares the database opens nothing."""

    name = "httpx2"

    def __init__(self) -> None:
        super().__init__()
        self._client: httpx2.AsyncClient | None = None

    @override
    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | bytes | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        self._client = self._client or httpx2.AsyncClient(timeout=_PATIENCE)
        try:
            answer = await self._client.request(method, url, headers=dict(headers), content=post_data)
        except httpx2.RequestError as error:  # also one that came and cannot be unpacked
            failed: Any = stripe.APIConnectionError  # whose constructor has no types
            raise failed(type(error).__name__, should_retry=True) from error
        return answer.content, answer.status_code, answer.headers

    @override
    def sleep_async(self, secs: float) -> Awaitable[None]:
        return asyncio.sleep(secs)

    @override
    async def close_async(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


class Client:
    """`v1` is the SDK's own; each call to it stands inside `asking` or `looking`."""

    def __init__(self, *, secret_key: str, api_base: str | None) -> None:
        self._http = _Http()
        self.v1 = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else None,
            max_network_retries=_RETRIES,
            http_client=self._http,
        ).v1

    async def close(self) -> None:
        await self._http.close_async()


@asynccontextmanager
async def asking() -> AsyncIterator[None]:
    """Around what is to be done. Raises ProviderRefusal where it certainly was not, else ProviderUnavailable: so for
    a key that is not accepted, since an earlier try may have been let in."""
    try:
        async with _bounded():
            yield
    except (stripe.CardError, stripe.InvalidRequestError) as refused:
        raise ProviderRefusal(code_of(refused)) from refused


@asynccontextmanager
async def looking() -> AsyncIterator[None]:
    """Around questions about what was done. That Stripe does not find it proves nothing: the key may be another
    account's, and money must not be given up for that. Raises ProviderUnavailable, or UnknownAtProvider."""
    try:
        async with _bounded():
            yield
    except stripe.InvalidRequestError as refused:
        log.warning("Stripe does not tell what it was asked about", code=refused.code, request=refused.request_id)
        missing = refused.code == _MISSING
        raise (UnknownAtProvider if missing else ProviderUnavailable)(type(refused).__name__) from refused


async def pages(
    list_async: Callable[..., Awaitable[stripe.ListObject[Thing]]], params: Mapping[str, Any]
) -> AsyncIterator[Thing]:
    """All things that a list has, a hundred a call; however long the caller takes over each. Raises
    ProviderUnavailable."""
    after: dict[str, str] = {}
    while True:
        async with looking():
            page = await list_async({**params, **after, "limit": 100})
        for thing in page.data:
            yield thing
        if not page.has_more:
            return
        after = {"starting_after": page.data[-1]["id"]}


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_LONGEST_CALL):
            yield
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as forbidden:
        log.critical("Stripe does not accept STRIPE_SECRET_KEY", request=forbidden.request_id)
        raise ProviderUnavailable(type(forbidden).__name__) from forbidden
    except (TimeoutError, stripe.StripeError) as failed:
        kept = isinstance(failed, stripe.APIError) and "Idempotent-Replayed" in (failed.headers or {})
        raise (KeptError if kept else ProviderUnavailable)(type(failed).__name__) from failed
