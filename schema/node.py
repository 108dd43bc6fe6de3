"""Node: what has a global id."""

import strawberry


@strawberry.interface(description="Something with an id of its own; `node` finds it again.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global and opaque.")
