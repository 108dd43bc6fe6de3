"""One order of the demo while its story is told."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from demo.baskets import Basket
from demo.world import Customer, World
from ordering.idempotency import Key
from ordering.paying import PayRequest
from ordering.placing import PlaceRequest
from ordering.refunding import RefundRequest
from ordering.refusals import Refusal


@dataclass(slots=True)
class Purchase:
    """`name` tells its idempotency keys apart; `refusal` is what the last attempt to pay met."""

    world: World
    customer: Customer
    basket: Basket
    random: Random
    name: str
    order_id: UUID = field(init=False)
    payment_id: UUID = field(init=False)
    refusal: Refusal | None = None
    _keys: int = 0

    def key(self, operation: str, request: PlaceRequest | PayRequest | RefundRequest) -> Key:
        """Another one each time. Only staff refund."""
        self._keys += 1
        asks = self.world.staff_id if isinstance(request, RefundRequest) else self.customer.account_id
        return Key(asks, operation, f"{self.name}-{self._keys}", request.as_dict())


#: Something done with an order.
Act = Callable[[Purchase], Awaitable[None]]
#: What happens to an order, and when; asked for the next step once the one before has been taken.
Story = Iterator[tuple[datetime, Act]]
