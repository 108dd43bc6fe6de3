"""PostgreSQL's connection, which waits for no answer without end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from typing_extensions import override

T = TypeVar("T")


class PostgreSQLConnection(psycopg.AsyncConnection[Any]):
    """A server may hang while its machine still acknowledges what comes: its disk stalls, or it has been stopped. Then
    neither its own limits nor those of TCP end anything. `patience`: seconds, well over what the server allows itself,
    for all that is sent at once; the driver then takes up to ten more to give it up."""

    patience: float | None = 15.0

    @override
    async def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Raises OperationalError, with the connection closed, where no answer comes."""
        try:
            async with asyncio.timeout(self.patience):
                return await super().wait(gen, interval, timeout)
        except TimeoutError as error:
            raise psycopg.OperationalError("the server does not answer") from error


@contextmanager
def waiting_for_ever(connection: PostgreSQLConnection) -> Iterator[None]:
    """For what takes as long as it takes, where the server has been told so as well."""
    connection.patience = None
    try:
        yield
    finally:
        del connection.patience
