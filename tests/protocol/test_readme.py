"""README.md names every test of the kit beside what it proves, and nothing else."""

import re
from collections import Counter
from pathlib import Path

from tests.protocol.target import named_target

HERE = Path(__file__).parent
README = (HERE / "README.md").read_text()
NOT_THE_KIT = {"test_application.py", "test_readme.py", "test_reference_clients.py", "test_reference_servers.py"}


def test_every_test_of_the_kit_stands_in_the_tables_and_the_other_way_round() -> None:
    files = [path for path in HERE.glob("test_*.py") if path.name not in NOT_THE_KIT]
    tests = [name for path in files for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)]

    assert set(re.findall(r"`(test_\w+)`", README)) == set(tests)
    assert [name for name, count in Counter(tests).items() if count > 1] == []


def test_sentences_are_numbered_and_each_has_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \| .+? \| (.+) \|$", README, re.MULTILINE)

    assert [int(number) for number, _ in rows] == [*range(1, 63), *range(1, 14)]
    assert all("`test_" in tests for _, tests in rows)


def test_variables_are_those_that_are_read() -> None:
    described = re.findall(r"^\| `(PROTOCOL_\w+)` \|", README, re.MULTILINE)
    read = re.findall(r'"(PROTOCOL_\w+)"', (HERE / "target.py").read_text())

    assert set(described) == set(read)
    assert named_target({}) is None
    assert named_target(dict.fromkeys(["PROTOCOL_URL", "PROTOCOL_STREAM_URL"], "ws://x")) is not None
