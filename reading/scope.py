"""What a principal may see, as a condition of the statement itself: there is no way to ask without it."""

import sqlalchemy as sa
from sqlmodel import col

from access.principal import Principal
from models.order import Order


def visible_orders(principal: Principal) -> sa.ColumnElement[bool]:
    """Staff see all orders, a customer their own."""
    return sa.true() if principal.is_staff else col(Order.customer_id) == principal.account_id
