"""What a result of Strawberry says about how far the request came."""

from strawberry.types.execution import ExecutionResult


def is_refused(result: ExecutionResult) -> bool:
    """Whether nothing was executed, or the source of events itself failed: no data, and errors that name no field."""
    errors = result.errors or []
    return result.data is None and bool(errors) and all(error.path is None for error in errors)
