"""Refusals: what an operation answers when a rule forbids it; data for the client, never a bug."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from texts import mark


class Refusal(Exception):
    """A named "no". `code` is stable, `message` a text for people whose `{placeholders}` are filled from `values`,
    `path` leads into the input. Raised, never returned, so that the transaction it happens in is rolled back."""

    code: ClassVar[str]
    message: ClassVar[str]
    #: The same request may succeed a moment later: never kept as the outcome of an idempotency key.
    transient: ClassVar[bool] = False

    def __init__(self, *, path: Sequence[str] | None = None, **values: Any) -> None:
        super().__init__(self.code)
        self.path = list(path) if path is not None else None
        self.values = values

    def __init_subclass__(cls) -> None:
        REFUSALS[cls.__name__] = cls

    def as_record(self) -> dict[str, Any]:
        """What an idempotency record keeps of it."""
        return {"kind": type(self).__name__, "path": self.path, "values": self.values}


#: Every kind of refusal by name: how one is told again from its record.
REFUSALS: dict[str, type[Refusal]] = {}


def from_record(record: Mapping[str, Any]) -> Refusal:
    return REFUSALS[record["kind"]](path=record["path"], **record["values"])


class InvalidInput(Refusal):
    """`why` is itself a marked text."""

    code = "INVALID_INPUT"
    message = mark("{why}")


class NotFound(Refusal):
    """The thing does not exist, or is not this viewer's: the same answer for both."""

    code = "NOT_FOUND"
    message = mark("There is no such {what}.")


class VersionConflict(Refusal):
    """The order has changed since the client last saw it. `order_id`: which."""

    code = "VERSION_CONFLICT"
    message = mark("The order has changed meanwhile; look at it again first.")
    transient = True
