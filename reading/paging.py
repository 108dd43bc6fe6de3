"""Keyset pages: cursors that hold a place in one sort and filter, and the window of rows around it."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import orjson
import sqlalchemy as sa

#: Rows of a page: where neither first nor last is given, and at the most.
DEFAULT_SIZE: Final = 20
LARGEST_SIZE: Final = 100


class BadCursor(ValueError):
    """No cursor of ours, or one of another sort or filter."""


class BadWindow(ValueError):
    """first and last both given, or out of bounds; the text says which."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a list: `size` from its start, or from its end if `backwards`, between two cursors."""

    size: int
    backwards: bool = False
    after: str | None = None
    before: str | None = None

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> "Window":
        """Raises BadWindow."""
        if first is not None and last is not None:
            raise BadWindow("Give first or last, not both.")
        size = last if first is None else first
        if size is None:
            return cls(DEFAULT_SIZE, False, after, before)
        if not 1 <= size <= LARGEST_SIZE:
            raise BadWindow(f"{'first' if last is None else 'last'} is between 1 and {LARGEST_SIZE}.")
        return cls(size, last is not None, after, before)


@dataclass(frozen=True, slots=True)
class Keyset:
    """One sort of one list: columns that together are unique, the last one even alone, and a name that its cursors are
    bound to."""

    columns: tuple[sa.ColumnElement[Any], ...]
    descending: bool
    binding: str

    def encode(self, values: Sequence[Any]) -> str:
        """The cursor of a row, from its values in `columns`."""
        packed = orjson.dumps([self._mark, *values], default=str)
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def decode(self, cursor: str) -> list[Any]:
        """The values that a cursor was made from. Raises BadCursor."""
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not isinstance(values, list) or len(values) != 1 + len(self.columns) or values[0] != self._mark:
                raise BadCursor(cursor)
            return [self._read(column, value) for column, value in zip(self.columns, values[1:], strict=True)]
        except (ValueError, OverflowError, binascii.Error) as error:
            raise BadCursor(cursor) from error

    def window(self, query: sa.Select[Any], window: Window) -> sa.Select[Any]:
        """The rows of a window and one more, which tells whether there are others beyond. Raises BadCursor."""
        if window.after is not None:
            query = query.where(self._beyond(window.after, forwards=True))
        if window.before is not None:
            query = query.where(self._beyond(window.before, forwards=False))
        down = self.descending is not window.backwards
        return query.order_by(*(c.desc() if down else c.asc() for c in self.columns)).limit(window.size + 1)

    def _beyond(self, cursor: str, *, forwards: bool) -> sa.ColumnElement[bool]:
        """Not before the place, and not the place itself: one comparison that says both leads PostgreSQL astray.

        It judges by the first column alone how many rows are left. Less than the least currency is none, it thinks, and
        takes any index; less than or equal is as many as have that currency."""
        values = self.decode(cursor)
        row = sa.tuple_(*self.columns)
        place = sa.tuple_(*(sa.bindparam(None, v, c.type) for c, v in zip(self.columns, values, strict=True)))
        reached = row <= place if self.descending is forwards else row >= place
        return sa.and_(reached, self.columns[-1] != values[-1])

    @property
    def _mark(self) -> str:
        return hashlib.sha256(f"{self.binding}|{self.descending}".encode()).hexdigest()[:12]

    @staticmethod
    def _read(column: sa.ColumnElement[Any], value: Any) -> Any:
        """JSON knows neither moments nor UUIDs: what a column of that type holds went out as text."""
        type_ = column.type
        # A decorated type, as our moments and SQLModel's texts have, does not tell of what Python it is.
        plain = type_.impl_instance if isinstance(type_, sa.types.TypeDecorator) else type_
        python_type = plain.python_type
        if type(value) is not (int if python_type is int else str) or value == "" or "\0" in str(value):
            raise BadCursor(str(value))
        if hasattr(python_type, "fromisoformat"):
            return python_type.fromisoformat(value).astimezone(UTC)
        return python_type(value)


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` in the list's own order, whichever way they were read; `cursors` go with them."""

    rows: Sequence[Any]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool


def page_of(found: Sequence[Any], window: Window, keyset: Keyset, keys: Sequence[str]) -> Page:
    """Trims the one row too many and turns rows read backwards around. `keys`: the rows' names for the columns."""
    more, kept = len(found) > window.size, list(found[: window.size])
    if window.backwards:
        kept.reverse()
    return Page(
        rows=kept,
        cursors=[keyset.encode([getattr(row, key) for key in keys]) for row in kept],
        # Looking away from where one came from would cost another statement: a cursor there tells that rows are.
        has_next=window.before is not None if window.backwards else more,
        has_previous=more if window.backwards else window.after is not None,
    )
