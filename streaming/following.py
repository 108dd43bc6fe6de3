"""Following the log from any place: first what has come since, then live, without a gap or an overlap."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from streaming.backoff import Backoff
from streaming.interest import Interest
from streaming.log import ChangeRow, open_log, read_changes, read_head
from streaming.place import Place
from streaming.ring import LogReplaced, Ring, StartAfresh
from streaming.tailer import Tailer

PAGE: Final = 100  # changes that one follower who catches up holds at a time
#: Positions that one statement looks at, so that a rare interest in a long log takes many short ones.
WINDOW: Final = 10_000

log: structlog.stdlib.BoundLogger = structlog.get_logger("stream")


class UnknownPlace(StartAfresh):
    """A place of another log, or beyond the end of this one."""


class PlaceExpired(StartAfresh):
    """Some of what came after that place is no longer kept."""


async def follow(tailer: Tailer, interest: Interest, *, after: Place | None) -> AsyncGenerator[ChangeRow, None]:
    """Every change of interest after that place, in order, once; its epoch and position are the place to go on from.

    Without `after`: what is committed after the log's head was read, which the first step does. Before its first item
    it raises UnknownPlace, PlaceExpired, or what the database raises; later on no error of the database ends it, only
    LogReplaced, StreamStopped, and PlaceExpired where the follower was too slow."""
    ring = tailer.ring
    position = await _join(tailer, ring, after)
    backoff = Backoff()
    while True:
        await ring.wait_beyond(position)
        change = ring.at(position + 1)
        if change is not None:
            position += 1
            if interest.matches(change):
                yield change
            continue
        try:
            changes, upto = await _read(tailer, ring, interest, position)
        except (SQLAlchemyError, OSError) as error:
            if tailer.healthy:  # otherwise it has said so once for all of them
                log.warning("a follower cannot read the log; trying again", reason=type(error).__name__)
            await backoff.pause()
            continue
        backoff.reset()
        for change in changes:
            yield change
        position = upto


async def _join(tailer: Tailer, ring: Ring, after: Place | None) -> int:
    """The position to follow from. Reads nothing where the ring has all: many come back at once after a restart."""
    if after is not None and after.epoch == ring.epoch and ring.reaches(after.position):
        return after.position
    known = ring.position
    async with open_log(tailer.database) as session:
        head = await read_head(session)
    if after is not None and (after.epoch != head.epoch or after.position > head.position):
        raise UnknownPlace
    if head.epoch != ring.epoch or head.position < known:
        raise LogReplaced  # which the tailer will see as soon as it looks
    return head.position if after is None else after.position


async def _read(tailer: Tailer, ring: Ring, interest: Interest, position: int) -> tuple[Sequence[ChangeRow], int]:
    """The changes of interest from there, and up to where these are all. Only what the tailer has seen is read."""
    upto = min(ring.position, position + WINDOW)
    async with open_log(tailer.database) as session:
        changes = await read_changes(session, after=position, upto=upto, conditions=interest.conditions(), limit=PAGE)
        # After the changes, so that whatever took some of them away shows here.
        head = await read_head(session)
    if head.epoch != ring.epoch or head.position < upto:
        raise LogReplaced
    if position < head.kept_after:
        raise PlaceExpired
    return changes, changes[-1].position if len(changes) == PAGE else upto
