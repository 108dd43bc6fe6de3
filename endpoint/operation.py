"""One operation of a graphql-transport-ws socket."""

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

from endpoint.context import C
from streaming.sharing.shared import Subscriber


class SocketOperation(Operation[C, None]):
    """An operation that keeps the `extensions` of its message, and its place in a stream where it shares one."""

    __slots__ = ("extensions", "subscriber")

    def __init__(self, handler: BaseGraphQLTransportWSHandler[C, None], message: SubscribeMessage) -> None:
        payload = message["payload"]
        super().__init__(
            handler, message["id"], payload["query"], payload.get("variables"), payload.get("operationName")
        )
        self.extensions = payload.get("extensions")
        self.subscriber: Subscriber | None = None

    def stop(self) -> None:
        """Nothing more is sent for it, from now on."""
        if self.task:
            self.task.cancel()
        if self.subscriber is not None:
            self.subscriber.leave()
