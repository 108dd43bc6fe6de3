"""Where a payment provider tells by itself what has happened: kept first, answered for afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateways.payments import BadSignature, EventSource, ProviderEvent, ProviderUnavailable

#: Bytes, which the server's limit on bodies is to be; an event has a few thousand.
LARGEST_EVENT: Final = 256 * 1024

Receive = Callable[[ProviderEvent, bytes], Awaitable[None]]
"""Keeps an event for good and does what it tells of, given it and what may be kept of the bytes that were signed."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("pages")


def routes(*, source: EventSource | None, receive: Receive) -> list[BaseRoute]:
    """None where the provider tells nothing by itself."""
    if source is None:
        return []
    return [Route(f"/webhooks/{source.name}", _Counter(source, receive).take, methods=["POST"])]


@dataclass(frozen=True, slots=True)
class _Counter:
    source: EventSource
    receive: Receive

    async def take(self, request: Request) -> Response:
        """200 only once it is kept: the sender tries again after anything else, for days.

        So what it signed is taken though nobody can read it, and waits for staff. What nobody is proved to have signed
        is refused with 400 and leaves nothing. What is larger than LARGEST_EVENT never comes here (413): whose it is
        could only be told once all of it was in memory. Should the provider ever send one, it lists it as undelivered,
        and how its charge stands is asked for by the relay all the same."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return Response(status_code=400)
        try:
            body = await request.body()
            # Its clock is the world's, whatever ours has been set to.
            event = self.source.read_event(
                body, request.headers.get(self.source.signature_header, ""), datetime.now(UTC)
            )
        except (BadSignature, ClientDisconnect) as refused:
            log.warning("a webhook is refused", source=self.source.name, why=type(refused).__name__)
            return Response(status_code=400)
        try:
            await self.receive(event, self.source.without_secrets(body))
        except ProviderUnavailable:  # how it stands cannot be asked now
            return Response(status_code=503)
        return Response(status_code=200)
