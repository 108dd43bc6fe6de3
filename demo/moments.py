"""When the next step of a story is taken: seconds later by a customer, in office hours by staff."""

from datetime import datetime, timedelta

from demo.purchase import Purchase
from ordering.working_days import CLOSES, OPENS


def after(purchase: Purchase, *, hours: float = 0, minutes: float = 0) -> datetime:
    return purchase.world.clock.now + timedelta(hours=hours, minutes=minutes)


def soon(purchase: Purchase) -> datetime:
    """Some minutes on, as long as a customer takes."""
    return purchase.world.clock.now + timedelta(seconds=purchase.random.randint(40, 900))


def within_days(purchase: Purchase, first: int, last: int) -> datetime:
    return purchase.world.clock.now + timedelta(minutes=purchase.random.randint(first * 1440, last * 1440))


def in_office_hours(purchase: Purchase) -> datetime:
    """Some hours on, or else on the seller's next working day."""
    days = purchase.world.terms.working_days
    moment = purchase.world.clock.now + timedelta(minutes=purchase.random.randint(20, 300))
    local = moment.astimezone(days.timezone)
    if days.is_working_day(local.date()) and OPENS <= local.time() < CLOSES:
        return moment
    early = days.is_working_day(local.date()) and local.time() < OPENS
    day = local.date() if early else days.next_after(local.date())
    return days.at(day, OPENS) + timedelta(minutes=purchase.random.randint(0, 500))


def when_settled(purchase: Purchase) -> datetime:
    """When the provider knows what it did not know at once."""
    return purchase.world.clock.now + purchase.world.provider.settles_after + timedelta(seconds=30)


def when_delivered(purchase: Purchase) -> datetime:
    usual = timedelta(minutes=purchase.basket.delivery_minutes)
    return purchase.world.clock.now + usual * purchase.random.uniform(0.6, 1.3)


def when_late(purchase: Purchase) -> datetime:
    """When documents that were asked for just now are overdue."""
    return purchase.world.clock.now + purchase.world.terms.documents_deadline + timedelta(minutes=1)


def when_overdue(purchase: Purchase) -> datetime:
    """When a bank transfer that was announced just now has not come in time."""
    return purchase.world.clock.now + purchase.world.terms.transfer_deadline + timedelta(minutes=1)
