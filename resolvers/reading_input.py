"""Reading inputs: ids into keys, texts within bounds; what does not fit is refused as data."""

from uuid import UUID

import strawberry

from ordering.card_numbers import refuse_card_numbers
from ordering.refusals import InvalidInput, NotFound
from schema.fields import given
from schema.ids import BadId, uuid_of
from texts import mark

_TOO_LONG = mark("This text is too long.")
_EMPTY = mark("This text is empty.")


def key_of(text: strawberry.ID, kind: str, what: str, *path: str) -> UUID:
    """The key in a global id. An id that was never given out is as unknown as one that is no more: raises NotFound."""
    try:
        return uuid_of(text, kind)
    except BadId:
        raise NotFound(what=what, path=path) from None


def order_key(text: strawberry.ID) -> UUID:
    return key_of(text, "Order", mark("order"), "orderId")


def bounded(text: str | None, most: int, *path: str, needed: bool = False) -> str | None:
    """An optional text of at most so many characters, without surrounding space, and never one with a card number in
    it. Raises InvalidInput."""
    kept = given(text)
    kept = kept.strip() if kept is not None else None
    if kept is not None and len(kept) > most:
        raise InvalidInput(why=_TOO_LONG, path=path)
    if needed and not kept:
        raise InvalidInput(why=_EMPTY, path=path)
    if kept is not None:
        refuse_card_numbers(kept, *path)
    return kept or None
