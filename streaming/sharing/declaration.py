"""What a subscription field says of itself, so that one execution can serve all who follow it with the same rights."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from streaming.sharing.events import Events
from streaming.sharing.latest import Latest

C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class Declaration(Generic[C]):
    """`scope` is all of a subscriber that an answer may depend on; never the token, nor anything of one session.

    `confine` makes of the scope, and of nothing else of the given context but what it works with, the context in which
    all of that scope are answered: what the scope may not see nobody is sent. `open` says what is followed, once for
    all of a scope, and raises for what the scope may not see. `resume` names the argument that says where to begin.
    """

    scope: Callable[[C], Hashable]
    confine: Callable[[C, Any], C]
    open: Callable[[C, Mapping[str, Any]], Awaitable[Events | Latest]]
    resume: str | None = None
