"""How fast a client may send."""

from streaming.sharing.pace import Pace


def test_a_burst_passes_and_then_only_what_time_refills() -> None:
    pace = Pace.full(burst=3, rate=2, now=100)

    assert [pace.admits(100) for _ in range(4)] == [True, True, True, False]
    assert [pace.admits(100.5), pace.admits(100.5)] == [True, False]
    assert [pace.admits(200) for _ in range(4)] == [True, True, True, False]
