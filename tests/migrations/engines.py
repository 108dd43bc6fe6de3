"""What a test of migrations does with the engine of an empty database."""

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.engine import create_engine


def run(url: str, story: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    async def told() -> None:
        engine = create_engine(url, pool_size=2)
        try:
            await story(engine)
        finally:
            await engine.dispose()

    asyncio.run(told())


async def query(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(statement))]
