"""Orders that are always there: in every state for those who sign in to the demo, and some for staff to work on."""

from typing import Final

from demo import buying, handling, stories
from demo.customers import COMPANY, CUSTOMER
from demo.moments import after
from demo.purchase import Purchase, Story
from demo.stories import Telling
from demo.ways import by_card


def paid_now(purchase: Purchase) -> Story:
    """In a way that takes no days."""
    yield purchase.world.clock.now, buying.place
    yield from by_card(purchase)


def documents_awaited_now(purchase: Purchase) -> Story:
    """Even when the demo starts on a Sunday."""
    yield from paid_now(purchase)
    yield after(purchase, hours=2), handling.ask_for_documents


def processed_now(purchase: Purchase) -> Story:
    yield from paid_now(purchase)
    yield after(purchase, hours=1), handling.confirm


#: Whose order, how many days before the present it is placed, and what becomes of it.
CAST: Final[tuple[tuple[str, float, Telling], ...]] = (
    (CUSTOMER, 88, stories.delivered),
    (CUSTOMER, 80, stories.left_unpaid),
    (CUSTOMER, 73, stories.partly_refunded),
    (CUSTOMER, 66, stories.delivered_after_documents),
    (CUSTOMER, 60, stories.withdrawn_late),
    (CUSTOMER, 52, stories.documents_missed),
    (CUSTOMER, 47, stories.refused),
    (CUSTOMER, 41, stories.ordered_again),
    (CUSTOMER, 35, stories.wholly_refunded),
    (CUSTOMER, 30, stories.free_of_charge),
    (CUSTOMER, 24, stories.given_up),
    (CUSTOMER, 20, stories.not_deliverable),
    (CUSTOMER, 15, stories.withdrawn_early),
    (CUSTOMER, 12, stories.not_authenticated),
    (CUSTOMER, 9, stories.delivered),
    (CUSTOMER, 3.2, stories.transfer_overdue),
    (CUSTOMER, 0.8, documents_awaited_now),
    (CUSTOMER, 0.12, paid_now),
    (CUSTOMER, 0.1, processed_now),
    (CUSTOMER, 0.08, stories.not_authenticated),
    (CUSTOMER, 0.05, stories.left_unpaid),
    (COMPANY, 85, stories.delivered),
    (COMPANY, 64, stories.delivered),
    (COMPANY, 44, stories.declined_and_left),
    (COMPANY, 33, stories.refused_despite_documents),
    (COMPANY, 27, stories.transfer_overdue),
    (COMPANY, 18, stories.delivered_after_documents),
    (COMPANY, 6, stories.cancelled_by_staff),
    (COMPANY, 0.6, documents_awaited_now),
    (COMPANY, 0.11, processed_now),
    (COMPANY, 0.07, paid_now),
    (COMPANY, 0.04, stories.left_unpaid),
    ("pippa.quorndale@example.org", 0.3, paid_now),
    ("tulp@example.com", 0.25, paid_now),
    ("aki.reimura@example.net", 0.2, paid_now),
    ("mairie@example.org", 0.18, paid_now),
    ("wanda.przykladek@example.com", 0.6, documents_awaited_now),
    ("northsample@example.com", 0.15, processed_now),
    ("wanda.przykladek@example.com", 1.5, stories.transfer_short),
    ("reto.zumbeispiel@example.org", 0.06, stories.left_unpaid),
)
