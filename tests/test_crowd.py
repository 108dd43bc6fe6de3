"""Case 60, in small: sockets connect, subscribe and leave, and nothing is left of them; `make torture` sends 10,000."""

from pathlib import Path

import pytest

from tests.crowd import run


@pytest.mark.timeout(240)
def test_case_60_nothing_is_left_of_a_crowd(tmp_path: Path) -> None:
    crowd = run(300, tmp_path)

    assert crowd.faults(300) == []
    assert [peak.counts["sockets"] for peak in crowd.peaks] == [300] * 3
