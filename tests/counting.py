"""Counting the statements of one request, whatever else the server asks its database meanwhile."""

from typing import Any
from uuid import uuid4

from structlog.contextvars import get_contextvars

from tests.api import Person
from tests.asking import noting
from tests.running import Running


def statements_of(
    running: Running, person: Person, text: str, variables: dict[str, Any] | None = None
) -> tuple[Any, list[str]]:
    """The whole answer to a document, and what was asked of the database for it, transactions' beginnings aside."""
    request, asked = uuid4().hex, []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # What a request does, it does under its id: the tasks that it starts inherit it.
        if get_contextvars().get("correlation_id") == request and not statement.startswith("BEGIN"):
            asked.append(statement)

    with noting(running.database, note):
        answer = person.send(text, variables, **{"x-request-id": request})
    return answer, asked
