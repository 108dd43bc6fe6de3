"""An interest says the same to the database and to a row."""

import random
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.change import ChangeKind
from models.order import OrderStatus
from streaming.interest import Interest
from streaming.log import read_changes
from tests.streaming.lives import Life, new_customer, opened, run, whole_log, write_at_random


def interests(lives: list[Life]) -> st.SearchStrategy[Interest]:
    """Of these customers and orders, which may belong together or not, and of strangers."""
    return st.builds(
        Interest,
        customer_id=st.none() | st.sampled_from([life.customer_id for life in lives] + [uuid4()]),
        order_id=st.none() | st.sampled_from([life.id for life in lives] + [uuid4()]),
        statuses=st.none() | st.frozensets(st.sampled_from(OrderStatus), max_size=4),
        transitions_only=st.booleans(),
    )


def test_the_database_and_a_row_are_told_the_same(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            customers = [await new_customer(database) for _ in range(3)]
            lives = [Life(customer) for customer in customers for _ in range(2)]
            await write_at_random(database, lives, 300, random.Random(7))
            log = await whole_log(database)
            drawn: list[Interest] = []

            @settings(database=None, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
            @given(interests(lives))
            def draw(interest: Interest) -> None:
                drawn.append(interest)

            draw()
            async with database.reading() as session:
                for interest in drawn:
                    found = await read_changes(
                        session, after=0, upto=None, conditions=interest.conditions(), limit=len(log)
                    )
                    assert [*found] == [row for row in log if interest.matches(row)], interest

    run(story())


def test_each_part_narrows(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url) as database:
            one, other = [Life(await new_customer(database)) for _ in range(2)]
            async with database.writing() as tx:
                one.change(tx, OrderStatus.UNPAID)
                other.change(tx, OrderStatus.UNPAID)
                one.change(tx, kind=ChangeKind.PAYMENT)
                one.change(tx, OrderStatus.COMPLETE)
            log = await whole_log(database)

            def positions(
                customer_id: UUID | None = None,
                order_id: UUID | None = None,
                statuses: frozenset[OrderStatus] | None = None,
                *,
                transitions_only: bool = False,
            ) -> list[int]:
                interest = Interest(customer_id, order_id, statuses, transitions_only)
                return [row.position for row in log if interest.matches(row)]

            assert positions() == [1, 2, 3, 4]
            assert positions(customer_id=one.customer_id) == [1, 3, 4]
            assert positions(order_id=other.id) == [2]
            assert positions(customer_id=one.customer_id, order_id=other.id) == []
            assert positions(statuses=frozenset({OrderStatus.COMPLETE})) == [4]
            assert positions(statuses=frozenset()) == []
            assert positions(transitions_only=True) == [1, 2, 4]

    run(story())
