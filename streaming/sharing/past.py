"""Which changes of interest there were behind a position: those of the ring at once, older ones by pages of the log."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from streaming.following import PlaceExpired
from streaming.interest import Interest
from streaming.log import ChangeRow, open_log, read_changes, read_head
from streaming.ring import LogReplaced
from streaming.sharing.kept import Kept, Shelf
from streaming.tailer import Tailer

PAGE: Final = 100  # changes that one statement fetches
#: Positions that one statement looks at, so that a rare interest in a long log takes many short ones.
WINDOW: Final = 10_000
#: Bytes of pages kept for others who come by the same way, as all do who come back after a restart.
PAGES: Final = 4 * 2**20
CHANGE: Final = 600  # what a change weighs there
KEPT: Final = 4096  # changes known at the most

_position: Final = attrgetter("position")


class NotRead(Exception):
    """What comes behind `position` must be read from the log first; there is nothing before it."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


@dataclass(frozen=True, slots=True)
class Page:
    """All changes of interest behind `after`, up to and with `upto`."""

    after: int
    upto: int
    changes: Sequence[ChangeRow]


class Past:
    """Of one interest, in one log."""

    def __init__(self, tailer: Tailer, interest: Interest, kept: Kept) -> None:
        self._tailer = tailer
        self._interest = interest
        self._ring = tailer.ring
        #: All that is of interest behind `_since`, as long as the ring has it or longer.
        self._since = self._ring.position
        self._known: list[ChangeRow] = []
        self._kept = kept
        self.pages: Shelf[Page] = Shelf(most=PAGES, least=1)

    def close(self) -> None:
        """Nobody asks any more."""
        self._kept.clear(self.pages)

    def append(self, change: ChangeRow) -> None:
        self._known.append(change)
        if len(self._known) > KEPT:
            half = KEPT // 2
            self._since = self._known[half - 1].position
            del self._known[:half]

    def behind(self, position: int, *, upto: int, limit: int) -> Sequence[ChangeRow]:
        """The next ones, none where there are none up to there. Raises NotRead."""
        while position < upto:
            if position >= self._since or self._reach_back(position):
                first = bisect_right(self._known, position, key=_position)
                return [change for change in self._known[first : first + limit] if change.position <= upto]
            page = self._page(position)
            if page is None:
                raise NotRead(position)
            first = bisect_right(page.changes, position, key=_position)
            if first < len(page.changes):
                return page.changes[first : first + limit]
            position = page.upto
        return []

    async def read(self, position: int) -> None:
        """Reads the page that holds what comes next. Raises PlaceExpired, LogReplaced and what the database raises.

        It begins at a round number, so that those who stand close to each other need the same pages."""
        after = position - position % PAGE
        upto = min(self._ring.position, after + WINDOW)
        async with open_log(self._tailer.database) as session:
            conditions = self._interest.conditions()
            changes = await read_changes(session, after=after, upto=upto, conditions=conditions, limit=PAGE)
            # After the changes, so that whatever took some of them away shows here.
            head = await read_head(session)
        if head.epoch != self._ring.epoch or head.position < upto:
            raise LogReplaced
        if position < head.kept_after:
            raise PlaceExpired
        reached = changes[-1].position if len(changes) == PAGE else upto
        # What of its beginning is no longer kept nobody may take for empty.
        page = Page(max(after, head.kept_after), reached, changes)
        self._kept.put(self.pages, page.after, page, CHANGE * (1 + len(changes)))

    def _page(self, position: int) -> Page | None:
        """The one with what comes next. Whoever goes from one to the other comes to where the other begins."""
        page = self.pages.get(position - position % PAGE)
        if page is not None and position < page.upto:
            return page
        return next((page for page in self.pages.values() if page.after <= position < page.upto), None)

    def _reach_back(self, position: int) -> bool:
        """Takes in what the ring has behind that position; whether it has all of it."""
        ring = self._ring
        if not ring.reaches(position):
            return False
        older = (ring.at(at) for at in range(position + 1, self._since + 1))
        self._known[:0] = [change for change in older if change is not None and self._interest.matches(change)]
        self._since = position
        return True
