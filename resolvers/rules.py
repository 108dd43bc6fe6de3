"""Rules of access: every root field declares one, and nothing is answered against it."""

from abc import abstractmethod
from typing import Any

import strawberry
from strawberry.permission import BasePermission

from schema.context import Context
from schema.errors import Forbidden, Unauthenticated


class _Rule(BasePermission):
    """Raises what the client is to see, instead of the library's own message."""

    async def has_permission(self, source: Any, info: strawberry.Info[Context, None], **kwargs: Any) -> bool:  # noqa: ARG002 (the library's signature)
        self.check(info.context)
        return True

    @abstractmethod
    def check(self, context: Context) -> None:
        """Raises Unauthenticated or Forbidden."""


class Anyone(_Rule):
    """Signed in or not; what is shown may still depend on it."""

    def check(self, context: Context) -> None:
        pass


class SignedIn(_Rule):
    """Customers and staff; each sees what is theirs."""

    def check(self, context: Context) -> None:
        if context.principal is None:
            raise Unauthenticated


class CustomersOnly(SignedIn):
    def check(self, context: Context) -> None:
        super().check(context)
        if context.viewer.is_staff:
            raise Forbidden


class StaffOnly(SignedIn):
    def check(self, context: Context) -> None:
        super().check(context)
        if not context.viewer.is_staff:
            raise Forbidden
