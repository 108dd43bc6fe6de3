"""The orders of customers: pages and counts of many customers at once."""

from functools import partial
from uuid import UUID

from reading.orders import OrderFilter
from reading.pages_of_customers import counts_of_customers, pages_of_customers
from reading.paging import BadCursor, Page
from schema.context import Context
from schema.errors import BadCursor as BadCursorError
from schema.listing import Listing


async def page_of_customer(context: Context, customer_id: UUID, listing: Listing) -> Page:
    """Joined with the pages that other customers of this answer are asked for. Raises BadCursor."""
    try:
        page: Page = await context.loaders.shared(listing, partial(_pages, context, listing)).load(customer_id)
    except BadCursor:
        raise BadCursorError from None
    return page


async def count_of_customer(context: Context, customer_id: UUID, filters: OrderFilter) -> int:
    """How many orders the customer has under the filter."""
    count: int = await context.loaders.shared(filters, partial(_counts, context, filters)).load(customer_id)
    return count


async def _pages(context: Context, listing: Listing, ids: list[UUID]) -> list[Page]:
    async with context.services.database.selecting() as session:
        found = await pages_of_customers(
            session,
            ids,
            columns=listing.columns,
            filters=listing.filters,
            sort=listing.sort,
            window=listing.window,
        )
    return [found[each] for each in ids]


async def _counts(context: Context, filters: OrderFilter, ids: list[UUID]) -> list[int]:
    async with context.services.database.selecting() as session:
        found = await counts_of_customers(session, ids, filters=filters)
    return [found.get(each, 0) for each in ids]
