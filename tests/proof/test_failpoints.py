"""Kill -9 at every step of paying, refunding and expiring: nothing is lost, doubled or left in doubt by it."""

import pytest

from gateways.failpoints import enable, reached
from tests.proof.points import failpoints
from tests.proof.shop import Shop
from tests.proof.stories import STORIES, Story

_STORY_OF = {point: story for story, points in STORIES.items() for point in points}


@pytest.mark.parametrize("point", failpoints())
def test_case_58_dying_at_any_step_leaves_all_as_it_should_be(shop: Shop, point: str) -> None:
    story: Story = _STORY_OF[point]
    act = story(shop)
    shop.arm(point)

    act.do()
    shop.wait_for_death(point)
    assert not shop.disarm(point)
    shop.settle(act.order)
    act.do()
    shop.settle(act.order)

    assert shop.status(act.order) == act.ends
    assert shop.broken(act.order) == []


def test_every_story_is_of_failpoints_that_there_are() -> None:
    assert set(_STORY_OF) == set(failpoints())


def test_the_books_of_all_that_was_killed_agree_with_stripes_own_list(shop: Shop) -> None:
    order = shop.place()
    shop.arm("pay.answered")
    shop.pay(order, "pm_card_visa")
    shop.settle(order)

    audited = shop.audit()

    assert audited.differences == []
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
