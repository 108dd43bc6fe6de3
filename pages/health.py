"""Health: whether the process lives, and whether it is ready to serve."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

Check = Callable[[], Awaitable[str | None]]
"""Raises where what it looks at does not work, and says what is amiss where it works all the same."""

#: Seconds that a check may take.
TIMEOUT: Final = 2.0
_FRESH: Final = {"Cache-Control": "no-store"}

log: structlog.stdlib.BoundLogger = structlog.get_logger("health")


def routes(*, required: Mapping[str, Check], helpful: Mapping[str, Check] | None = None) -> list[BaseRoute]:
    """/readyz answers 503 while a check of `required` fails. One of `helpful` that fails (late hints, say) is shown,
    and the process serves on."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "alive"}, headers=_FRESH)

    async def ready(_request: Request) -> Response:
        checks = {**required, **(helpful or {})}
        outcomes = await asyncio.gather(*(_outcome(name, check) for name, check in checks.items()))
        found = dict(zip(checks, outcomes, strict=True))
        status = _status(found, required)
        return JSONResponse({"status": status, "checks": found}, 503 if status == "failing" else 200, headers=_FRESH)

    return [Route("/healthz", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]


def _status(found: Mapping[str, str], required: Mapping[str, Check]) -> str:
    if any(found[name] != "ok" for name in required):
        return "failing"
    return "ready" if all(outcome == "ok" for outcome in found.values()) else "degraded"


async def _outcome(name: str, check: Check) -> str:
    try:
        async with asyncio.timeout(TIMEOUT):
            outcome = await check() or "ok"
    except TimeoutError:
        outcome = "timeout"
    except Exception as error:  # noqa: BLE001 (whatever it is, that is the answer)
        log.warning("check failed", check=name, error=type(error).__name__)
        outcome = "failing"
    return outcome
