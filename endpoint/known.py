"""Documents that passed every check which is the same for all who send them: a client sends the same few all day."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode

#: How many are remembered, and how long their text may be: 40 MB at the most, whatever strangers send, and a tenth of
#: that for what clients do send (parsed, a document takes up to 150 times its text).
MOST: Final = 64
LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Known:
    """`introspects`: whether it asks about the schema, which not everyone may."""

    document: DocumentNode
    introspects: bool


class KnownDocuments:
    """By their text; the one that was not asked for the longest makes room."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    def find(self, text: str) -> Known | None:
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
        return known

    def keep(self, text: str, known: Known) -> None:
        if len(text) > LONGEST:
            return
        self._known[text] = known
        if len(self._known) > MOST:
            self._known.popitem(last=False)
