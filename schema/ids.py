"""Global ids: opaque to clients, a type and a key to us."""

import base64
import binascii
from typing import TypeVar
from uuid import UUID

import strawberry

_Key = TypeVar("_Key", UUID, int)


class BadId(ValueError):
    """No id of ours, or one of another type."""


def global_id(kind: str, key: UUID | int) -> strawberry.ID:
    """What a client knows a thing by."""
    return strawberry.ID(_encode(f"{kind}:{key}"))


def read_id(text: str) -> tuple[str, str]:
    """The type and the key. Raises BadId."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        kind, colon, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
    except (ValueError, binascii.Error) as error:
        raise BadId(text) from error
    # One spelling for each id: trailing bits and other forms of the same bytes are refused.
    if not colon or _encode(f"{kind}:{key}") != text:
        raise BadId(text)
    return kind, key


def uuid_of(text: str, *kinds: str) -> UUID:
    """The key of an id of one of these types. Raises BadId."""
    kind, key = read_id(text)
    if kind not in kinds:
        raise BadId(text)
    return key_of(key, UUID)


def key_of(key: str, type_: type[_Key]) -> _Key:
    """A key in the one spelling that `global_id` gives it. Raises BadId."""
    try:
        read = type_(key)
    except ValueError as error:
        raise BadId(key) from error
    if str(read) != key:
        raise BadId(key)
    return read


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
