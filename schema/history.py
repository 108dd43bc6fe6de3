"""Pages of an order's history, which is short and read whole."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from models.change import Change
from reading.paging import BadCursor, Keyset, Page, Window
from schema.errors import BadCursor as BadCursorError

_BY_SEQUENCE = Keyset((sa.inspect(Change).local_table.c.sequence,), descending=False, binding="history")


def page_of_history(rows: Sequence[Any], window: Window) -> Page:
    """`rows`: the whole history, oldest first. Raises BadCursor."""
    try:
        after = 0 if window.after is None else _BY_SEQUENCE.decode(window.after)[0]
        before = len(rows) + 1 if window.before is None else _BY_SEQUENCE.decode(window.before)[0]
    except BadCursor:
        raise BadCursorError from None
    between = [row for row in rows if after < row.sequence < before]
    kept = between[-window.size :] if window.backwards else between[: window.size]
    return Page(
        rows=kept,
        cursors=[_BY_SEQUENCE.encode([row.sequence]) for row in kept],
        has_next=bool(kept) and kept[-1].sequence < rows[-1].sequence,
        has_previous=bool(kept) and kept[0].sequence > 1,
    )
