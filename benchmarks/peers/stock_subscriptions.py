"""Stock Strawberry with broadcaster, as their documentation shows them together: no access, no limits, no resuming."""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NewType

import strawberry
from broadcaster import Broadcast
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from models.change import ActorKind
from models.order import OrderStatus

CHANNEL = "transitions"
StreamCursor = NewType("StreamCursor", str)

for each in (OrderStatus, ActorKind):
    strawberry.enum(each)

# In memory: over redis:// its first subscriber hears nothing with the versions used here.
broadcast = Broadcast("memory://")


@strawberry.type
class Order:
    id: strawberry.ID
    number: str
    version: int
    status: OrderStatus


@strawberry.type
class StatusTransition:
    cursor: StreamCursor
    sequence: int
    from_: OrderStatus | None = strawberry.field(name="from")
    to: OrderStatus
    at: datetime
    actor: ActorKind
    reason: str | None
    order: Order


@strawberry.input
class OrderInput:
    id: strawberry.ID
    number: str
    version: int
    status: OrderStatus


@strawberry.input
class TransitionInput:
    cursor: StreamCursor
    sequence: int
    from_: OrderStatus | None = strawberry.field(name="from")
    to: OrderStatus
    at: datetime
    actor: ActorKind
    reason: str | None
    order: OrderInput


@strawberry.type
class Query:
    ready: bool = True


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def publish(self, transition: TransitionInput) -> str:
        """Answers when, in nanoseconds since 1970."""
        message = json.dumps({**strawberry.asdict(transition), "at": transition.at.isoformat()})
        published = time.time_ns()
        await broadcast.publish(channel=CHANNEL, message=message)
        return str(published)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def status_transitions(
        self,
        order_id: strawberry.ID | None = None,  # noqa: ARG002 (it is there for the document's sake, like the others)
        status: list[OrderStatus] | None = None,  # noqa: ARG002
        after: StreamCursor | None = None,  # noqa: ARG002
    ) -> AsyncGenerator[StatusTransition, None]:
        async with broadcast.subscribe(channel=CHANNEL) as subscriber:
            async for event in subscriber:  # type: ignore[union-attr] # as documented, and annotated otherwise
                yield _transition(json.loads(event.message))  # type: ignore[union-attr]


def _transition(values: dict[str, Any]) -> StatusTransition:
    order = values["order"]
    return StatusTransition(
        cursor=values["cursor"],
        sequence=values["sequence"],
        from_=OrderStatus(values["from_"]),
        to=OrderStatus(values["to"]),
        at=datetime.fromisoformat(values["at"]),
        actor=ActorKind(values["actor"]),
        reason=values["reason"],
        order=Order(
            id=order["id"], number=order["number"], version=order["version"], status=OrderStatus(order["status"])
        ),
    )


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    async with broadcast:
        yield


_scalars: dict[object, Any] = {StreamCursor: strawberry.scalar(name="StreamCursor", serialize=str, parse_value=str)}
_endpoint = GraphQL[None, None](
    strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=_scalars))
)
app = Starlette(
    routes=[Route("/graphql", _endpoint, methods=["POST"]), WebSocketRoute("/graphql", _endpoint)], lifespan=_lifespan
)
