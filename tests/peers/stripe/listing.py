"""Lists with the filters and pages that Stripe's have."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt

from tests.peers.stripe.upstream import Json

_COMPARED: Mapping[str, Callable[[int, int], bool]] = {"gte": ge, "gt": gt, "lte": le, "lt": lt}
_EQUAL = ("customer", "payment_intent", "charge", "type")


def page_of(path: str, things: Sequence[Json], query: Mapping[str, str]) -> Json:
    """The newest first."""
    fitting = [thing for thing in reversed(things) if _fits(thing, query)]
    fitting.sort(key=lambda thing: -int(thing["created"]))  # stable: within a second, the last made comes first
    start = 0
    if "starting_after" in query:
        ids = [thing["id"] for thing in fitting]
        start = ids.index(query["starting_after"]) + 1
    end = start + int(query.get("limit", "10"))
    return {"object": "list", "url": path, "has_more": end < len(fitting), "data": fitting[start:end]}


def _fits(thing: Json, query: Mapping[str, str]) -> bool:
    for name, value in query.items():
        when = re.fullmatch(r"created\[(gte?|lte?)\]", name)
        if when and not _COMPARED[when[1]](thing["created"], int(value)):
            return False
        if name in _EQUAL and thing.get(name) != value:
            return False
    return True
