"""Pages of orders that are placed and changed while somebody walks through them."""

from datetime import timedelta

from tests.api import Api
from tests.orders_listed import numbers, page


def test_walking_on_loses_and_repeats_nothing_while_orders_change(api: Api) -> None:
    """Newest first: what is placed meanwhile comes before the first page, and paying an order does not move it."""
    person = api.customer()
    placed = []
    for _ in range(6):
        placed.append(person.place("book"))
        api.running.move_clock(timedelta(seconds=1))

    walked = page(person, first=2)
    seen = numbers(walked)
    for step in range(2):
        newest = person.place("book")
        person.pay(placed[step])
        person.pay(newest)
        walked = page(person, first=2, after=walked["pageInfo"]["endCursor"])
        seen += numbers(walked)

    assert seen == [order["number"] for order in reversed(placed)]
    assert not walked["pageInfo"]["hasNextPage"]


def test_an_order_that_was_changed_is_met_once_more_at_most(api: Api) -> None:
    """By last change, newest first: a changed order moves ahead, where the walk has been; no other is lost."""
    person, sort = api.customer(), {"field": "UPDATED_AT"}
    placed = []
    for _ in range(6):
        placed.append(person.place("book"))
        api.running.move_clock(timedelta(seconds=1))

    first = page(person, first=3, sort=sort)
    person.pay(placed[0])
    rest = page(person, first=3, sort=sort, after=first["pageInfo"]["endCursor"])

    assert numbers(first) == [order["number"] for order in placed[:2:-1]]
    assert numbers(rest) == [placed[2]["number"], placed[1]["number"]]
    assert numbers(page(person, first=1, sort=sort)) == [placed[0]["number"]]
