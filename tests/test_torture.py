"""A small run of the torture; `make torture` is the long one."""

import random
from pathlib import Path

from tests.torture import Torture


def test_many_clients_miss_nothing_while_servers_broker_and_database_are_killed(tmp_path: Path) -> None:
    torture = Torture(tmp_path, seed=random.randrange(10**6), seconds=15, clients=20)

    assert torture.run() == []
    assert torture.kills >= 2
    assert torture.transitions > 10
    assert torture.connections > 20
