"""Refusals that answer a whole request or a field as a top-level error, told apart by `extensions.code`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from graphql import GraphQLError

from texts import mark


class ErrorCode(StrEnum):
    """Every value that `extensions.code` can have; part of the public contract."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BAD_CURSOR = "BAD_CURSOR"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class RequestRefused(GraphQLError):
    """An expected refusal: its message reaches the client as it is, the default one in the reader's language.

    Refusals that a rule of the domain makes are not this: they are `UserError`s in a mutation's payload.
    """

    code: ClassVar[ErrorCode]
    default_message: ClassVar[str]

    def __init__(self, message: str | None = None, *, details: Mapping[str, object] | None = None) -> None:
        """`details` go into `extensions` beside the code."""
        super().__init__(message or self.default_message, extensions={**(details or {}), "code": self.code.value})


class Unauthenticated(RequestRefused):
    """Nobody is signed in, or the token is not (or no longer) valid; says not which."""

    code = ErrorCode.UNAUTHENTICATED
    default_message = mark("Sign in first.")


class Forbidden(RequestRefused):
    """The viewer is known and may not do this, whatever the object."""

    code = ErrorCode.FORBIDDEN
    default_message = mark("You may not do this.")


class NotFound(RequestRefused):
    """There is no such thing, or the viewer may not see it: one answer for both, so that neither can be probed."""

    code = ErrorCode.NOT_FOUND
    default_message = mark("There is no such thing.")


class BadUserInput(RequestRefused):
    """An argument that no state of the world would make right."""

    code = ErrorCode.BAD_USER_INPUT
    default_message = mark("This request cannot be understood.")


class BadCursor(RequestRefused):
    """A cursor that was not handed out by this server for this sort and filter."""

    code = ErrorCode.BAD_CURSOR
    default_message = mark("This cursor does not belong here.")


class CursorExpired(RequestRefused):
    """A place in the stream that can no longer be resumed from; the client starts afresh."""

    code = ErrorCode.CURSOR_EXPIRED
    default_message = mark("The stream can no longer be resumed from here. Start afresh.")


class QueryTooComplex(RequestRefused):
    """A document that could ask for more than one request may; `details` say how much."""

    code = ErrorCode.QUERY_TOO_COMPLEX
    default_message = mark("This document asks for too much at once.")


class RateLimited(RequestRefused):
    """Too many requests of one kind in a span of time; the same request may pass later."""

    code = ErrorCode.RATE_LIMITED
    default_message = mark("Too many requests. Try again later.")


class Unavailable(RequestRefused):
    """Something this request needs does not answer now; the same request may pass later."""

    code = ErrorCode.UNAVAILABLE
    default_message = mark("The service is not available now. Try again.")
