"""The answers of mutations, whole: what tests compare with, so that nothing that should not be there goes unseen."""

from typing import Any

from tests.api import QUERIES, Person

ILLEGAL = "That is not possible while the order is in status {}."
STAFF_MAY = {
    "UNPAID": ["CANCEL"],
    "CONFIRMATION": ["CONFIRM", "REQUEST_DOCUMENTS", "REFUSE", "REFUND"],
    "DOCUMENTS_REQUESTED": ["REFUSE", "REFUND"],
    "BEING_PROCESSED": ["REFUSE", "COMPLETE", "REFUND"],
    "COMPLETE": ["REFUND"],
    "EXPIRED": [],
    "CANCELLED": [],
}


def shown(order: dict[str, Any], status: str, version: int) -> dict[str, Any]:
    """An order as the documents of mutations ask for it."""
    return {"id": order["id"], "number": order["number"], "version": version, "status": status}


def done(order: dict[str, Any], status: str, version: int) -> dict[str, Any]:
    """The payload of a change that was made."""
    return {"order": shown(order, status, version), "errors": []}


def refused(code: str, message: str, *path: str, **more: Any) -> dict[str, Any]:
    """One error; `more` is what its type has beside code, message and path."""
    kind = more.pop("kind", "SimpleError")
    return {"__typename": kind, "code": code, "message": message, "path": list(path) or None, **more}


def illegal(status: str, *allowed: str) -> dict[str, Any]:
    return refused(
        "ILLEGAL_TRANSITION",
        ILLEGAL.format(status),
        kind="IllegalTransitionError",
        status=status,
        allowed=list(allowed),
    )


def not_found(what: str, *path: str) -> dict[str, Any]:
    return refused("NOT_FOUND", f"There is no such {what}.", *path)


def invalid(message: str, *path: str) -> dict[str, Any]:
    return refused("INVALID_INPUT", message, *path)


def version_conflict(order: dict[str, Any], status: str, version: int) -> dict[str, Any]:
    return refused(
        "VERSION_CONFLICT",
        "The order has changed meanwhile; look at it again first.",
        "expectedVersion",
        kind="VersionConflictError",
        order={"id": order["id"], "version": version, "status": status},
    )


def plain(error: dict[str, Any]) -> dict[str, Any]:
    """Of documents that do not ask for an error's type."""
    return {name: error[name] for name in ("code", "message", "path")}


def failures(person: Person, name: str, **fields: Any) -> list[str]:
    """The codes of top-level errors that a document of `queries/` is answered with; its field is null then."""
    answer = person.send((QUERIES / f"{name}.graphql").read_text(), {"input": fields})
    assert not answer.get("data") or set(answer["data"].values()) == {None}, answer
    return [error["extensions"]["code"] for error in answer["errors"]]
