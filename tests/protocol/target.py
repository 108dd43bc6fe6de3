"""The server that the kit looks at, and the operations that it needs there; README.md says how to name another one."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.protocol.talk import Talk

PROTOCOL = "graphql-transport-ws"
#: Every GraphQL server has these.
QUERY = "{ __typename }"
INVALID = "{ thereIsNoSuchField }"
MUTATION = "mutation { __typename }"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a server is and what can be asked of it; tests that need what it has not are skipped."""

    url: str
    stream_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    init: object = None
    refused_init: object = None
    init_seconds: float | None = None
    slow: str | None = None
    events: str | None = None
    silent: str | None = None
    throws: str | None = None

    @contextmanager
    def socket(self, *subprotocols: str) -> Iterator[ClientConnection]:
        """A socket that no test has spoken on."""
        with connect(
            self.url,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            proxy=None,
            ping_interval=None,
            compression=None,
        ) as socket:
            yield socket

    @contextmanager
    def opened(self) -> Iterator[Talk]:
        """A socket that speaks the protocol and waits for `connection_init`."""
        with self.socket(PROTOCOL) as socket:
            yield Talk(socket)

    @contextmanager
    def acknowledged(self) -> Iterator[Talk]:
        """A socket that has been let in."""
        with self.opened() as talk:
            talk.introduce(self.init)
            yield talk

    def need(self, name: str) -> Any:
        """One of the above. A server that is not ours may lack it; ours may not."""
        value = getattr(self, name)
        if value is None:
            pytest.skip(f"PROTOCOL_{name.upper()} is not set")
        return value


def named_target(environment: Mapping[str, str] = os.environ) -> Target | None:
    """The one that the environment names, if it does."""
    if "PROTOCOL_URL" not in environment:
        return None

    def decoded(name: str) -> Any:
        return json.loads(environment[name]) if name in environment else None

    return Target(
        url=environment["PROTOCOL_URL"],
        stream_url=environment.get("PROTOCOL_STREAM_URL"),
        headers=decoded("PROTOCOL_HEADERS") or {},
        init=decoded("PROTOCOL_INIT"),
        refused_init=decoded("PROTOCOL_REFUSED_INIT"),
        init_seconds=decoded("PROTOCOL_INIT_SECONDS"),
        slow=environment.get("PROTOCOL_SLOW"),
        events=environment.get("PROTOCOL_EVENTS"),
        silent=environment.get("PROTOCOL_SILENT"),
        throws=environment.get("PROTOCOL_THROWS"),
    )


def toy_target(port: int, *, init_seconds: float) -> Target:
    """The toy schema that this project serves to tests of its endpoint."""
    return Target(
        url=f"ws://127.0.0.1:{port}/graphql",
        stream_url=f"http://127.0.0.1:{port}/graphql",
        refused_init={"authorization": "refused"},
        init_seconds=init_seconds,
        slow="{ slow }",
        events="subscription { ticks(count: 3, pause: 0.05) }",
        silent="subscription { silence }",
        throws="subscription { breaks }",
    )
