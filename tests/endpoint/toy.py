"""A small schema that can do every wrong thing."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from sqlalchemy.exc import OperationalError
from strawberry.types import Info as StrawberryInfo

from endpoint.guarded import GuardedSchema
from endpoint.limits import Limits
from endpoint.sockets import Sockets
from schema.errors import NotFound, Unauthenticated

SECRET = "canary-7c1f"
_serials = itertools.count(1)


@dataclass
class Context:
    """Counts what is read through it, as a loader would remember it."""

    serial: int = 0
    language: str = "en"
    session_id: UUID | None = None
    account_id: UUID | None = None
    expires_at: datetime | None = None
    reads: int = 0
    sockets: Sockets | None = None
    privileged: bool = False

    def fresh(self) -> Self:
        return replace(self, serial=next(_serials), reads=0)


Info = StrawberryInfo[Context, None]


def lost_database() -> OperationalError:
    return OperationalError(f"SELECT '{SECRET}'", {"p": SECRET}, Exception("server closed the connection"))


@strawberry.enum
class Color(Enum):
    RED = "red"
    GREEN = "green"


@strawberry.input
class Wish:
    color: Color = Color.RED
    words: list[str] = strawberry.field(default_factory=list)


@strawberry.type
class Tag:
    name: str = "tag"


@strawberry.type
class Item:
    name: str = "item"

    @strawberry.field
    def parent(self) -> "Item":
        return Item()

    @strawberry.field
    def tags(self) -> list[Tag]:
        return [Tag()]

    @strawberry.field
    def items(self, first: int | None = None, last: int | None = None) -> "ItemConnection":
        return ItemConnection()


@strawberry.type
class ItemConnection:
    @strawberry.field
    def nodes(self) -> list[Item]:
        return [Item()]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello {name}"

    @strawberry.field
    def item(self) -> Item:
        return Item()

    @strawberry.field
    def items(self, first: int | None = None, last: int | None = None) -> ItemConnection:
        return ItemConnection()

    @strawberry.field
    def wish(self, wish: Wish) -> str:
        return wish.color.name

    @strawberry.field
    def number(self, value: int) -> int:
        return value

    @strawberry.field
    def boom(self) -> str | None:
        raise RuntimeError(f"no such table {SECRET}")

    @strawberry.field
    def refused(self) -> str | None:
        raise Unauthenticated

    @strawberry.field
    def outage(self) -> str | None:
        raise lost_database()

    @strawberry.field
    def serial(self, info: Info) -> int:
        return info.context.serial

    @strawberry.field
    def extension(self, info: Info, name: str) -> str | None:
        extensions = info.input_extensions or {}
        return str(extensions[name]) if name in extensions else None

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(0.2)
        return "at last"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def note(self, text: str = "") -> str | None:
        return text

    @strawberry.mutation
    def leave(self, info: Info) -> bool | None:
        assert info.context.sockets
        assert info.context.session_id
        return info.context.sockets.close_session(info.context.session_id) == 1


async def ticks(count: int = 3, pause: float = 0) -> AsyncGenerator[int, None]:
    for tick in range(count):
        await asyncio.sleep(pause)
        yield tick


async def forever() -> AsyncGenerator[int, None]:
    yield 0
    await asyncio.Event().wait()


#: One entry for each `silence` that somebody listens to.
listening: list[object] = []


async def silence() -> AsyncGenerator[int, None]:
    listener = object()
    listening.append(listener)
    try:
        await asyncio.Event().wait()
        yield 0
    finally:
        listening.remove(listener)


async def nothing_there() -> AsyncGenerator[int, None]:
    for tick in range(0):
        yield tick
    raise NotFound


async def breaks() -> AsyncGenerator[int, None]:
    yield 0
    raise RuntimeError(f"lost {SECRET}")


async def reads() -> AsyncGenerator["Reading", None]:
    for _ in range(2):
        yield Reading()


@strawberry.type
class Reading:
    @strawberry.field
    def serial(self, info: Info) -> int:
        return info.context.serial

    @strawberry.field
    def count(self, info: Info) -> int:
        info.context.reads += 1
        return info.context.reads


@strawberry.type
class Subscription:
    ticks: AsyncGenerator[int, None] = strawberry.subscription(resolver=ticks)
    forever: AsyncGenerator[int, None] = strawberry.subscription(resolver=forever)
    silence: AsyncGenerator[int, None] = strawberry.subscription(resolver=silence)
    nothing_there: AsyncGenerator[int, None] = strawberry.subscription(resolver=nothing_there)
    breaks: AsyncGenerator[int, None] = strawberry.subscription(resolver=breaks)
    reads: AsyncGenerator[Reading, None] = strawberry.subscription(resolver=reads)


def toy_schema(limits: Limits, may_introspect: Callable[[object], bool] = lambda _: True) -> GuardedSchema:
    return GuardedSchema(Query, Mutation, Subscription, limits=limits, may_introspect=may_introspect)
