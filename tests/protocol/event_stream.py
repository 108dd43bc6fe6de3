"""A client of the distinct connections mode of graphql-sse, which reads event streams as HTML specifies them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class Event:
    kind: str
    #: None where the event had no such field, which a browser would not dispatch.
    data: str | None
    id: str | None = None

    @property
    def result(self) -> Any:
        """What GraphQL has to say in it."""
        assert self.data is not None
        return json.loads(self.data)


def parsed(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream (HTML, 9.2.6); comments are heartbeats and pass unseen."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if fields:
                yield Event(fields.get("event", "message"), fields.get("data"), fields.get("id"))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value


class EventStream:
    """One answer: its head, then its events as they come."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._response = response
        self._events = parsed(response.iter_lines())

    @property
    def media_type(self) -> str:
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    def next(self) -> Event:
        """Fails the test where the stream has ended."""
        event = next(self._events, None)
        assert event is not None, "the stream has ended"
        return event

    def rest(self) -> list[Event]:
        """All up to the end of the answer, which the server has to bring about."""
        return list(self._events)

    def body(self) -> str:
        """Instead of the events: what was sent, as it was sent."""
        self._response.read()
        return self._response.text


@contextmanager
def asked(
    url: str, query: str, *, method: str = "POST", headers: Mapping[str, str] | None = None, **more: Any
) -> Iterator[EventStream]:
    """Asks for an operation's results as an event stream."""
    wishes = {"accept": EVENT_STREAM, **(headers or {})}
    body: dict[str, Any] = {"json": {"query": query, **more}}
    if method == "GET":
        body = {"params": {"query": query, **{name: json.dumps(value) for name, value in more.items()}}}
    with (
        httpx2.Client(trust_env=False, timeout=10) as client,
        client.stream(method, url, headers=wishes, **body) as response,
    ):
        yield EventStream(response)
