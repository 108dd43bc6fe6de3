"""Which streams a change concerns, found by its keys: the others are not looked at, however many there are."""

from collections.abc import Hashable, Iterator

from streaming.interest import Interest
from streaming.log import ChangeRow
from streaming.sharing.shared import SharedStream


class Routes:
    """Each stream stands under the narrowest keys of its interest: the order, or the customer, or the statuses."""

    def __init__(self) -> None:
        self._streams: dict[Hashable, dict[SharedStream, None]] = {}

    def add(self, stream: SharedStream) -> None:
        for key in _keys_of(stream.interest):
            self._streams.setdefault(key, {})[stream] = None

    def remove(self, stream: SharedStream) -> None:
        for key in _keys_of(stream.interest):
            under = self._streams.get(key, {})
            under.pop(stream, None)
            if not under:
                self._streams.pop(key, None)

    def of(self, change: ChangeRow) -> Iterator[SharedStream]:
        keys = (("order", change.order_id), ("customer", change.customer_id), ("status", change.to_status), "all")
        for key in keys:
            for stream in list(self._streams.get(key, ())):
                if stream.interest.matches(change):
                    yield stream


def _keys_of(interest: Interest) -> list[Hashable]:
    if interest.order_id is not None:
        return [("order", interest.order_id)]
    if interest.customer_id is not None:
        return [("customer", interest.customer_id)]
    if interest.statuses is not None:
        return [("status", status) for status in interest.statuses]
    return ["all"]
