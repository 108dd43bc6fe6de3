"""Turns whatever went wrong into an error that a client may see: expected ones as they are, all others masked."""

import re
import sqlite3
from collections.abc import Mapping

import structlog
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from strawberry.exceptions import MissingQueryError, StrawberryInputCoercionError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from endpoint.correlation import correlation_id
from schema.errors import ErrorCode, RequestRefused, Unavailable
from texts import mark, translate

log: structlog.stdlib.BoundLogger = structlog.get_logger("graphql")

_MASK = mark("Something went wrong on our side.")
# With hints a stranger maps the schema in seconds by guessing words.
_HINT = re.compile(r" Did you mean [^?]*\?")
# The last one is raised, without a place in the document, for variables that give a @oneOf input none or two keys.
_NOT_A_BUG = (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
    MissingQueryError,
    StrawberryInputCoercionError,
)
# SQLite has one class for a busy file and for a misspelt column; its primary result codes tell them apart.
_SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_INTERRUPT,
    }
)
_STATUSES = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
}


def presentable(error: Exception, language: str = "en") -> GraphQLError:
    """What a client who reads `language` is told of `error`. Logs what is masked, without the document or variables."""
    cause = _root_cause(error)
    message = error.message if isinstance(error, GraphQLError) else str(error)
    if isinstance(cause, RequestRefused):
        # Where a scalar refuses a value, the outer message also says which.
        said = translate(message, language) if message == cause.default_message else message
        return _located(error, said, cause.extensions or {})
    if is_outage(cause):
        extensions = {"code": ErrorCode.UNAVAILABLE.value, "correlationId": correlation_id()}
        log.warning("unavailable", cause=type(cause).__name__, reason=str(getattr(cause, "orig", "")), **_where(error))
        return _located(error, translate(Unavailable.default_message, language), extensions)
    if _is_clients_fault(error, cause):
        return _located(error, _HINT.sub("", message), {"code": ErrorCode.BAD_USER_INPUT.value})
    return _masked(error, cause, language)


def is_outage(error: BaseException) -> bool:
    """Whether the database does not answer now: lost, busy, full, out of connections or over its time."""
    if isinstance(error, OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None and isinstance(error.orig, sqlite3.Error):
            return False
        return code is None or (code & 0xFF) in _SQLITE_OUTAGES
    return isinstance(error, PoolTimeout) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def code_of(error: GraphQLError) -> ErrorCode:
    return ErrorCode((error.extensions or {}).get("code", ErrorCode.BAD_USER_INPUT.value))


def status_of(code: ErrorCode) -> int:
    """The HTTP status of an answer that has no data because of an error with this code."""
    return _STATUSES.get(code, 400)


def _root_cause(error: Exception) -> Exception:
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _is_clients_fault(error: Exception, cause: Exception) -> bool:
    # Parsing, validation and coercion blame a place in the document; the last two hold what a scalar raised as cause.
    if isinstance(cause, _NOT_A_BUG):
        return True
    if not isinstance(error, GraphQLError) or not (error.nodes or error.positions):
        return False
    # Once a field is being resolved, only an error that blames the document itself is the client's.
    return error.path is None or (isinstance(cause, GraphQLError) and bool(cause.nodes))


def _masked(error: Exception, cause: Exception, language: str) -> GraphQLError:
    identifier = correlation_id()
    if isinstance(cause, GraphQLError):
        # Its text and traceback quote the document.
        log.error("failed", correlation_id=identifier, cause=cause.message, **_where(error))
    else:
        details = (type(cause), cause, cause.__traceback__)
        log.error("failed", correlation_id=identifier, cause=type(cause).__name__, exc_info=details, **_where(error))
    return _located(error, translate(_MASK, language), {"code": ErrorCode.INTERNAL.value, "correlationId": identifier})


def _where(error: Exception) -> dict[str, object]:
    path = error.path if isinstance(error, GraphQLError) else None
    return {"path": ".".join(map(str, path))} if path else {}


def _located(error: Exception, message: str, extensions: Mapping[str, object]) -> GraphQLError:
    if not isinstance(error, GraphQLError):
        return GraphQLError(message, extensions=dict(extensions))
    place = (error.nodes, error.source, error.positions, error.path)
    return GraphQLError(message, *place, extensions=dict(extensions))
