"""Metrics, in the text format that Prometheus scrapes."""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from access.tokens import bearer_token

#: Before each name, so that ours stand together wherever they are gathered.
PREFIX: Final = "orders_"
_FORMAT: Final = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Metric:
    """A counter where its name ends in `_total`, else a gauge. `value`: a figure, or one for each value of `label`."""

    name: str
    help: str
    value: int | Mapping[int, int]
    label: str = ""

    def lines(self) -> Iterator[str]:
        name = PREFIX + self.name
        yield f"# HELP {name} {self.help}"
        yield f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
        if isinstance(self.value, Mapping):
            for each, value in sorted(self.value.items()):
                yield f'{name}{{{self.label}="{each}"}} {value}'
        else:
            yield f"{name} {self.value:d}"


def routes(*, measure: Callable[[], Awaitable[Iterable[Metric]]], token: str, is_public: bool) -> list[BaseRoute]:
    """/metrics for whoever shows the token; for everyone where there is none and `is_public`."""
    if not token and not is_public:
        return []

    async def metrics(request: Request) -> Response:
        shown = bearer_token(request.headers.get("authorization")) or ""
        if token and not secrets.compare_digest(shown.encode(), token.encode()):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
        lines = [line for metric in await measure() for line in metric.lines()]
        return Response("\n".join(lines) + "\n", headers=_FORMAT)

    return [Route("/metrics", metrics, methods=["GET"])]
