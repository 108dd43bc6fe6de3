"""Random lives of orders, on each database, against a plain model; the seed is printed."""

from random import SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lives import Lives
from tests.running import Running


@pytest.mark.timeout(600)
def test_whatever_is_done_an_order_is_what_the_model_says(running: Running, request: pytest.FixtureRequest) -> None:
    """`--hypothesis-seed=…` with the seed that a failure prints plays the same lives again."""
    given = request.config.getoption("--hypothesis-seed", None)
    chosen = int(given) if given and given.isdecimal() else SystemRandom().getrandbits(32)
    print(f"--hypothesis-seed={chosen}")  # noqa: T201 (pytest shows it where the test fails)

    @seed(chosen)
    def live() -> Lives:
        return Lives(running)

    run_state_machine_as_test(
        live,  # type: ignore[arg-type] # a factory will do, as its documentation says
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
