"""What the endpoint needs to know of the context that the application gives to its resolvers."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol, Self, TypeVar
from uuid import UUID


class EndpointContext(Protocol):
    """Who asks, in which language, and until when the answer to that holds. The ids and the end are None for the
    anonymous."""

    language: str

    @property
    def session_id(self) -> UUID | None: ...

    @property
    def account_id(self) -> UUID | None: ...

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends; an open socket is closed then."""

    @property
    def privileged(self) -> bool:
        """Whether the account may see more than its own: it is watched for whether it still may."""

    def fresh(self) -> Self:
        """The same context with new loaders: one for each operation of a socket and each event of a subscription."""


C = TypeVar("C", bound=EndpointContext)

Authenticate = Callable[[C, Mapping[str, object]], Awaitable[C]]
"""Given the context of the handshake and the payload of `connection_init`, the context to use from then on.
Raises ConnectionRejectionError or a RequestRefused, which close the socket with 4403 (1013: try again later)."""
