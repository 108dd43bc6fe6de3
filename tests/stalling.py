"""A client that reads nothing: its socket, and what is wide and long enough to fill every buffer on the way."""

import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.client import ClientConnection, connect

from models.order import OrderStatus
from tests.api import Api, Person
from tests.endpoint.wire import tell
from tests.running import Running
from tests.streaming.lives import Life
from tests.subscribing import hear

WIDE = "cursor " + " ".join(f"a{n}: at" for n in range(28))


@contextmanager
def stalled(api: Api, person: Person) -> Iterator[ClientConnection]:
    """A socket whose small buffer is read by nobody until someone does."""
    port = int(api.url.rsplit(":", 1)[1])
    plain = sockets.socket()
    plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", port))
    address = api.url.replace("http", "ws", 1) + "/graphql"
    with connect(address, sock=plain, subprotocols=["graphql-transport-ws"], max_queue=1, compression=None) as wire:  # type: ignore[list-item] # a NewType
        tell(wire, {"type": "connection_init", "payload": {"authorization": f"Bearer {person.token}"}})
        assert hear(wire) == {"type": "connection_ack"}
        yield wire


async def write_many(running: Running, life: Life, count: int) -> None:
    for _ in range(count // 500):
        async with running.database.writing() as tx:
            for _ in range(500):
                life.change(tx, OrderStatus.CONFIRMATION)
