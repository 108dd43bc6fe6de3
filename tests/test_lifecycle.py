"""The table of moves: all pairs of status and trigger, and that a broken table is refused."""

from itertools import product

import pytest

from models.order import OrderStatus
from ordering.lifecycle import ALLOWED_MOVES, BrokenLifeCycle, Move, Trigger, check_life_cycle, target_of

S, T = OrderStatus, Trigger

#: The life cycle once more, as the guide tells it: anything else is not allowed.
TOLD = {
    (S.UNPAID, T.PAY): S.CONFIRMATION,
    (S.UNPAID, T.EXPIRE): S.EXPIRED,
    (S.UNPAID, T.CANCEL): S.CANCELLED,
    (S.CONFIRMATION, T.CONFIRM): S.BEING_PROCESSED,
    (S.CONFIRMATION, T.REQUEST_DOCUMENTS): S.DOCUMENTS_REQUESTED,
    (S.CONFIRMATION, T.REFUSE): S.CANCELLED,
    (S.CONFIRMATION, T.WITHDRAW): S.CANCELLED,
    (S.DOCUMENTS_REQUESTED, T.PROVIDE_DOCUMENTS): S.CONFIRMATION,
    (S.DOCUMENTS_REQUESTED, T.MISS_DOCUMENTS): S.CANCELLED,
    (S.DOCUMENTS_REQUESTED, T.REFUSE): S.CANCELLED,
    (S.DOCUMENTS_REQUESTED, T.WITHDRAW): S.CANCELLED,
    (S.BEING_PROCESSED, T.COMPLETE): S.COMPLETE,
    (S.BEING_PROCESSED, T.REFUSE): S.CANCELLED,
    (S.BEING_PROCESSED, T.WITHDRAW): S.CANCELLED,
    (S.COMPLETE, T.WITHDRAW): S.CANCELLED,
}


@pytest.mark.parametrize(("status", "trigger"), list(product(S, T)))
def test_case_12_every_pair_leads_where_it_should_or_nowhere(status: OrderStatus, trigger: Trigger) -> None:
    assert target_of(trigger, status) == TOLD.get((status, trigger))


def test_the_table_itself_is_sound() -> None:
    check_life_cycle()
    assert set(ALLOWED_MOVES) == set(Trigger)


def without(*triggers: Trigger) -> dict[Trigger, Move]:
    return {trigger: move for trigger, move in ALLOWED_MOVES.items() if trigger not in triggers}


@pytest.mark.parametrize("missing", [T.PAY, T.EXPIRE, T.CONFIRM, T.REQUEST_DOCUMENTS, T.COMPLETE])
def test_a_status_that_nothing_leads_to_is_refused(missing: Trigger) -> None:
    with pytest.raises(BrokenLifeCycle, match="unreachable"):
        check_life_cycle(without(missing))


def test_an_unknown_status_is_refused() -> None:
    lost = Move(frozenset({"LOST"}), S.CANCELLED)  # type: ignore[arg-type] # it is what must be found out
    with pytest.raises(BrokenLifeCycle, match=r"unknown.*LOST"):
        check_life_cycle({**ALLOWED_MOVES, T.REFUSE: lost})


def test_a_status_without_an_end_is_refused() -> None:
    """Two that only lead to each other, and one that leads to them."""
    moves = {
        T.PAY: Move(frozenset({S.UNPAID}), S.CONFIRMATION),
        T.CONFIRM: Move(frozenset({S.CONFIRMATION}), S.BEING_PROCESSED),
        T.COMPLETE: Move(frozenset({S.BEING_PROCESSED}), S.COMPLETE),
        T.REQUEST_DOCUMENTS: Move(frozenset({S.COMPLETE}), S.DOCUMENTS_REQUESTED),
        T.PROVIDE_DOCUMENTS: Move(frozenset({S.DOCUMENTS_REQUESTED}), S.COMPLETE),
        T.CANCEL: Move(frozenset({S.UNPAID}), S.CANCELLED),
        T.EXPIRE: Move(frozenset({S.UNPAID}), S.EXPIRED),
    }
    with pytest.raises(BrokenLifeCycle, match=r"without an end.*BEING_PROCESSED.*COMPLETE.*CONFIRMATION.*DOCUMENTS"):
        check_life_cycle(moves)


def test_no_table_at_all_is_refused() -> None:
    with pytest.raises(BrokenLifeCycle):
        check_life_cycle({})
