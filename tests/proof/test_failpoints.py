"""Kill -9 at every step of paying, refunding and expiring: nothing is lost, doubled or left in doubt by it."""

from typing import Any

import pytest

from gateways.failpoints import enable, reached
from tests.proof.door import payload_of
from tests.proof.points import failpoints
from tests.proof.shop import Shop
from tests.proof.stories import STORIES, Story

_DEATHS = [(story, point) for story, points in STORIES.items() for point in points]
_NAMES = [f"{point}-{story.__name__}" for story, point in _DEATHS]


@pytest.mark.parametrize(("story", "point"), _DEATHS, ids=_NAMES)
def test_case_58_dying_at_any_step_leaves_all_as_it_should_be(shop: Shop, story: Story, point: str) -> None:
    act = story(shop)
    shop.arm(point)

    first = act.do()
    shop.wait_for_death(point)
    assert not shop.disarm(point)
    shop.settle(act.order)
    again = act.do()
    shop.settle(act.order)
    left = shop.books(act.order).size
    last = act.do()
    shop.settle(act.order)

    assert shop.status(act.order) == act.ends
    assert shop.books(act.order).size == left, "what has been done is not done once more"
    if act.keyed:
        assert last == again, "the same key has the same answer"
        assert first is None or told_by(first) == told_by(last), "what was acknowledged stands"
    assert shop.broken(act.order) == []


def told_by(answer: bytes) -> tuple[Any, list[str]]:
    """Which payment it names, and why it was refused: what else it says may have gone on since."""
    payload = payload_of(answer)
    return (payload["payment"] or {}).get("id"), [error["code"] for error in payload["errors"]]


def test_every_story_is_of_failpoints_that_there_are() -> None:
    assert {point for _, point in _DEATHS} == set(failpoints())


def test_the_books_of_all_that_was_killed_agree_with_stripes_own_list(shop: Shop) -> None:
    order = shop.place()
    shop.arm("pay.answered")
    shop.pay(order, "pm_card_visa")
    shop.settle(order)

    audited = shop.audit()

    assert audited.differences == []
    assert shop.unfollowed() == []
    assert audited.movements > 0


def test_a_failpoint_does_nothing_unless_it_is_enabled_and_armed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("failpoints")
    (folder / "pay.begun").touch()
    reached("pay.begun")
    enable(folder)
    try:
        reached("pay.answered")
    finally:
        enable(None)
    assert (folder / "pay.begun").exists()
