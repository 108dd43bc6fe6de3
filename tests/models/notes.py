"""A table of notes, all that tests of transactions ask of it, and a database that has it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import sqlalchemy as sa

from models.database import Database
from models.migrating import upgrade
from models.moment import MOMENT
from models.statement import Statement, Values

_NOTES: Final = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String),
    sa.Column("written_at", sa.DateTime(timezone=True)),
)
WRITE: Final = Statement(_NOTES.insert(), columns=["id", "text"])
DATE: Final = Statement(_NOTES.insert().values(written_at=MOMENT), columns=["id", "text"])
READ: Final = Statement(
    sa.select(_NOTES.c.id, _NOTES.c.text).order_by(_NOTES.c.id), returned=[_NOTES.c.id, _NOTES.c.text]
)
DATED: Final = Statement(sa.select(_NOTES.c.written_at, MOMENT), returned=[MOMENT, MOMENT])
CHANGE: Final = Statement(
    _NOTES.update().where(_NOTES.c.id == sa.bindparam("of", type_=sa.Integer)).returning(_NOTES.c.id),
    columns=["text"],
    returned=[_NOTES.c.id],
    finds=True,
)
SLEEP: Final = Statement(sa.select(sa.func.pg_sleep(60)), returned=[])


def play(url: str, story: Callable[[Database], Awaitable[Any]], *, pool_size: int = 3) -> Any:
    async def go() -> Any:
        database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"), pool_size=pool_size)
        try:
            await upgrade(database.engine)
            async with database.engine.begin() as connection:
                await connection.run_sync(_NOTES.metadata.create_all)
            return await story(database)
        finally:
            await database.close()

    return asyncio.run(go())


async def notes(database: Database) -> list[tuple[Any, ...]]:
    async with database.writing((READ, {})) as tx:
        return list(await tx.run(READ, {}))


def note(number: int, text: str = "") -> Values:
    return {"id": number, "text": text}
