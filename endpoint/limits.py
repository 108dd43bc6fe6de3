"""How much one request, one document and one socket may ask for."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of the endpoint. Counts are taken after fragments are unfolded; introspection has bounds of its own.

    The figures leave the deepest and widest documents of a real client several times what they need.
    """

    tokens: int = 2000
    depth: int = 12
    fields: int = 2000
    aliases: int = 30
    directives: int = 30
    definitions: int = 50
    mutation_fields: int = 10
    list_items: int = 250

    introspection_depth: int = 20
    introspection_fields: int = 1000
    introspection_roots: int = 3

    cost: int = 10_000
    #: Of each answer of a subscription, which is paid again for every change.
    event_cost: int = 500
    default_page: int = 20
    largest_page: int = 100

    sockets_per_account: int = 20
    sockets_per_address: int = 100
    operations_per_socket: int = 20
    message_burst: int = 60
    messages_per_second: float = 20
    init_timeout: timedelta = timedelta(seconds=5)
    init_bytes: int = 8 * 1024
    ping_interval: timedelta | None = timedelta(seconds=25)
    #: Bytes that may wait for a slow client, and how long it may take none of them.
    waiting_bytes: int = 256 * 1024
    patience: timedelta = timedelta(seconds=30)
