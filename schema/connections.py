"""Connections: pages of a list, as Relay has them."""

from typing import Annotated, Generic, Self, TypeVar

import strawberry

from reading.paging import BadWindow, Page, Window
from schema.errors import BadUserInput
from schema.fields import given

_Node = TypeVar("_Node")

First = Annotated[
    int | None, strawberry.argument(description="How many from the start, 1 to 100; 20 where neither is given.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many from the end, 1 to 100; not together with first.")
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="The first edge's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor; null on an empty page.")

    @classmethod
    def of(cls, page: Page) -> Self:
        ends = (page.cursors[0], page.cursors[-1]) if page.cursors else (None, None)
        return cls(
            has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=ends[0], end_cursor=ends[1]
        )


@strawberry.type(description="One of a list.")
class Edge(Generic[_Node]):
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: _Node = strawberry.field(description="The thing itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[_Node]):
    edges: list[Edge[_Node]] = strawberry.field(description="Those of this page, each with its cursor.")
    nodes: list[_Node] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")

    @classmethod
    def of(cls, page: Page, nodes: list[_Node]) -> Self:
        """`nodes`: of the page's rows, in their order."""
        edges = [Edge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
        return cls(edges=edges, nodes=nodes, page_info=PageInfo.of(page))


def window_of(first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """Raises BadUserInput."""
    try:
        return Window.of(given(first), given(after), given(last), given(before))
    except BadWindow as error:
        raise BadUserInput(str(error)) from None
