"""The catalogue, a page at a time."""

from typing import Final

import sqlalchemy as sa

from models.database import Selecting
from models.product import Product
from reading.paging import Keyset, Page, Window, page_of

TABLE: Final = sa.inspect(Product).local_table
BY_CODE: Final = Keyset((TABLE.c.code,), descending=False, binding="products")


async def page_of_products(session: Selecting, window: Window) -> Page:
    """What can be ordered on its own, by code. Raises BadCursor."""
    query = sa.select(*TABLE.c).where(TABLE.c.listed)
    found = (await session.execute(BY_CODE.window(query, window))).all()
    return page_of(found, window, BY_CODE, ("code",))
