"""Lists of orders: which columns a selection needs, and what a filter and a sort come to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import strawberry
from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, SelectionNode

from reading.orders import OrderFilter as Filters
from reading.orders import OrderSort as Sorting
from reading.paging import Window
from schema.enums import Direction, OrderSortField
from schema.errors import BadUserInput
from schema.fields import given
from schema.ids import BadId, uuid_of
from schema.inputs import OrderFilter, OrderSort

Filter = Annotated[OrderFilter | None, strawberry.argument(description="Which orders.")]
Sort = Annotated[
    OrderSort | None, strawberry.argument(description="How they are sorted: the newest first, if not given.")
]

#: What a field of Order, PurchaseOrder or Tracking reads of the order's row, beyond what is always read.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number",),
    "createdAt": ("created_at",),
    "updatedAt": ("updated_at",),
    "expiresAt": ("expires_at",),
    "expired": ("status", "expires_at"),
    "status": ("status",),
    "total": ("total",),
    "subtotal": ("subtotal",),
    "totalWithoutTax": ("total_without_tax",),
    "billingDetails": ("billing",),
    "savedPaymentMethods": ("total", "status", "expires_at", "withdrawable_until"),
    "actions": ("status", "expires_at", "withdrawable_until"),
    "withdrawableUntil": ("withdrawable_until",),
    "estimatedCompletion": ("status", "delivery_minutes"),
    "bankTransfer": ("number", "total", "expires_at"),
    "html": ("number",),
    "pdf": ("number",),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list of orders is asked for: equal ones are read together."""

    columns: frozenset[str]
    filters: Filters
    sort: Sorting
    window: Window

    @classmethod
    def of(cls, info: Any, window: Window, filter: OrderFilter | None, sort: OrderSort | None) -> "Listing":
        """Raises BadUserInput."""
        return cls(frozenset(columns_of(info)), filters_of(filter), sort_of(sort), window)


def columns_of(info: Any) -> set[str]:
    """The columns of orders that anything selected below this field needs.

    Fields are told apart by name alone: a name that another type has, too, costs a column and never misses one."""
    # Strawberry's own view of a selection costs more than the page.
    raw: GraphQLResolveInfo[Any] = info._raw_info  # noqa: SLF001 (it offers no other way to the nodes)
    return {column for name in _names(raw.field_nodes, raw) for column in COLUMNS.get(name, ())}


def _names(nodes: Iterable[FieldNode], raw: GraphQLResolveInfo[Any]) -> set[str]:
    names: set[str] = set()
    seen: set[str] = set()
    pending: list[SelectionNode] = [n for node in nodes if node.selection_set for n in node.selection_set.selections]
    while pending:
        node = pending.pop()
        if isinstance(node, FieldNode):
            names.add(node.name.value)
        elif isinstance(node, FragmentSpreadNode):
            if node.name.value in seen:
                continue
            seen.add(node.name.value)
            pending.extend(raw.fragments[node.name.value].selection_set.selections)
        selections = getattr(node, "selection_set", None)
        pending.extend(selections.selections if selections else ())
    return names


def filters_of(given_filter: OrderFilter | None) -> Filters:
    """Raises BadUserInput."""
    asked = given(given_filter)
    if asked is None:
        return Filters()
    status, customer, search = given(asked.status), given(asked.customer_id), given(asked.search)
    try:
        customer_id = uuid_of(customer, "Customer") if customer is not None else None
    except BadId:
        raise BadUserInput("filter.customerId is not the id of a customer.") from None
    if search is not None and not 1 <= len(search.strip()) <= 100:
        raise BadUserInput("filter.search has 1 to 100 characters.")
    return Filters(
        status=None if status is None else tuple(sorted(set(status))),
        created_from=given(asked.created_from),
        created_to=given(asked.created_to),
        number=given(asked.number),
        customer_id=customer_id,
        search=search and search.strip(),
    )


def sort_of(given_sort: OrderSort | None) -> Sorting:
    asked = given(given_sort)
    if asked is None:
        return Sorting()
    return Sorting(OrderSortField(asked.field), asked.direction is Direction.DESC)
