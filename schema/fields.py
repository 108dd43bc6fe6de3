"""How fields are declared here: with a description each, and typed for the checker."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast

import strawberry

_Method = TypeVar("_Method", bound=Callable[..., Any])
_Input = TypeVar("_Input")

#: A mutation's one argument.
Input = Annotated[_Input, strawberry.argument(description="What is to be done, as its own type describes.")]


def field(description: str) -> Callable[[_Method], _Method]:
    """A field computed by a method. Strawberry's own decorator, with a description, loses the method's type."""
    return cast(Callable[[_Method], _Method], strawberry.field(description=description))


def given(value: Any) -> Any:
    """An argument's value; None where it was left out. (Left out is not `null`: no default is printed for it.)"""
    return None if value is strawberry.UNSET else value
