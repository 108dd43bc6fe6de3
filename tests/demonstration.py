"""The demo as `make serve` starts it, but with a shorter past: all of it takes longer to make than its tests do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assembly import assemble, sandbox_of
from demo.cast import CAST
from demo.filling import SPAN, fill
from demo.opening import SEED
from models.migrating import upgrade
from settings import Settings, read_settings
from tests.peers.programs import Server


@contextmanager
def demonstration(folder: Path) -> Iterator[Server]:
    """A server that was told nothing but its folder and port, as someone has it who has set nothing."""
    environment = {"DATA_DIR": str(folder)}
    fill_demo(read_settings(environment))
    with Server(folder=folder, environment=environment) as server:
        yield server


def fill_demo(settings: Settings) -> None:
    """Makes the demo's data where these settings say, so that a server finds them made."""
    asyncio.run(_fill(settings))


async def _fill(settings: Settings) -> None:
    parts = assemble(settings)
    try:
        await upgrade(parts.database.engine)
        await fill(
            parts.database,
            parts.terms,
            sandbox_of(parts.settings, parts.database),
            uploads=parts.uploads.directory,
            seed=SEED,
            start=await parts.database.moment() - SPAN,
            progress=lambda _line: None,
            orders=len(CAST),
        )
    finally:
        await parts.database.close()
