"""The server under test: the one that PROTOCOL_URL names, or this project's endpoint with the toy schema."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from endpoint.limits import Limits
from tests.endpoint.serving import Toy, served
from tests.protocol.talk import Talk
from tests.protocol.target import Target, named_target, toy_target

#: What is about this project alone.
collect_ignore = (
    ["test_application.py", "test_readme.py", "test_reference_clients.py", "test_reference_servers.py"]
    if named_target()
    else []
)


@pytest.fixture(scope="session")
def toy() -> Iterator[Toy]:
    """Our own endpoint, for what can only be seen from within or is a bound of ours."""
    if named_target():
        pytest.skip("PROTOCOL_URL names another server")
    with served(Limits()) as toy:
        yield toy


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    if named := named_target():
        return named
    toy: Toy = request.getfixturevalue("toy")
    return toy_target(toy.port, init_seconds=Limits().init_timeout.total_seconds())


@pytest.fixture
def hasty() -> Iterator[Target]:
    """A server that waits for `connection_init` as short a time as it can be told to."""
    if named := named_target():
        yield named
        return
    wait = timedelta(milliseconds=300)
    with served(Limits(init_timeout=wait)) as toy:
        yield toy_target(toy.port, init_seconds=wait.total_seconds())


@pytest.fixture
def talk(target: Target) -> Iterator[Talk]:
    """A socket that has been let in."""
    with target.acknowledged() as talk:
        yield talk


@pytest.fixture
def newcomer(target: Target) -> Iterator[Talk]:
    """A socket that has not been let in yet."""
    with target.opened() as talk:
        yield talk


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client sends may end in an exception that the application does not see to."""
    yield
    records = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    messages = [record.getMessage() for record in records if not record.name.startswith("websockets")]  # our client's
    # uvicorn itself reports text that is not UTF-8, with a traceback.
    assert [
        message for message in messages if "Invalid UTF-8" not in message and "'event': 'failed'" not in message
    ] == []
