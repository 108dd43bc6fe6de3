"""The context of an answer: who asks, in which language, and what the resolvers work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import UUID

import strawberry

from access.principal import Principal
from access.sessions import Sessions
from gateways.payments import PaymentProvider
from models.database import Database
from models.money import Money
from ordering.actors import Actor
from ordering.terms import Terms
from schema.enums import ActorKind
from schema.errors import Unauthenticated
from schema.loaders import Loaders
from streaming.stream import Stream
from texts import translate


@dataclass(frozen=True, slots=True)
class Services:
    """What the program assembles once. `is_own_url` tells whether a customer may be sent back to an address,
    `statement_of` where a bank statement lies that somebody has uploaded, and which type it has."""

    database: Database
    sessions: Sessions
    stream: Stream
    provider: PaymentProvider
    terms: Terms
    public_url: str
    is_own_url: Callable[[str], bool]
    statement_of: Callable[[UUID, Principal], Awaitable[tuple[Path, str] | None]]


@dataclass(slots=True)
class Context:
    """`address` is the client's; `loaders` are replaced for each answer of a subscription."""

    services: Services
    principal: Principal | None
    language: str
    address: str
    _loaders: Loaders | None = field(init=False, default=None)
    #: Where the stream was before anything of this answer was read, if it asks.
    position: str | None = None

    @property
    def loaders(self) -> Loaders:
        """Made when the first is asked for: the context of a socket lasts long and loads nothing."""
        if self._loaders is None:
            self._loaders = Loaders(self.services.database)
        return self._loaders

    def fresh(self) -> Self:
        """The same, with nothing loaded yet."""
        return replace(self, position=None)

    @property
    def viewer(self) -> Principal:
        """Raises Unauthenticated where nobody is signed in."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal

    @property
    def actor(self) -> Actor:
        """The viewer, as the history names them."""
        kind = ActorKind.STAFF if self.viewer.is_staff else ActorKind.CUSTOMER
        return Actor(kind, self.viewer.account_id)

    @property
    def epoch(self) -> str:
        return self.services.stream.tailer.epoch

    @property
    def session_id(self) -> UUID | None:
        return self.principal.session_id if self.principal else None

    @property
    def account_id(self) -> UUID | None:
        return self.principal.account_id if self.principal else None

    @property
    def expires_at(self) -> datetime | None:
        return self.principal.expires_at if self.principal else None

    @property
    def privileged(self) -> bool:
        return self.principal is not None and self.principal.is_staff

    def say(self, text: str, **values: object) -> str:
        """A marked text in the viewer's language, and the money in it as that writes it."""
        shown = {
            name: each.formatted(self.language) if isinstance(each, Money) else each for name, each in values.items()
        }
        return translate(text, self.language, **shown)


Info = strawberry.Info[Context, None]
