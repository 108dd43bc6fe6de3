"""The programs' log: one structured line for each event, without secrets and without people's data."""

import logging
import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

_HIDDEN: Final = "…"
#: Fields whose values are never written, whatever they hold.
_SECRET: Final = re.compile(r"password|secret|token|authorization|cookie|access_details|api_key", re.IGNORECASE)
#: Our names of things, by which they are found: many of them have as many digits as a card.
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: What may come behind a row that PostgreSQL repeats, which may have several lines itself.
_BEHIND_DETAIL: Final = r"HINT:|CONTEXT:|\[SQL:|\(Background|The above|During handling|Traceback"
#: What is hidden inside any text: bearer tokens, signed tokens, passwords in addresses, runs of digits like a card's,
#: the rows that PostgreSQL repeats in what it refuses, and mail addresses, which mail servers repeat.
_TEXTS: Final = (
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1…"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), _HIDDEN),
    (re.compile(r"(://[^:/@\s]+:)[^@\s]+(@)"), r"\1…\2"),
    (re.compile(r"(?<!\d)(?:\d(?:[ +-]|%20)?){12,18}\d(?!\d)"), _HIDDEN),
    (re.compile(rf"(?ms)((?:^[ |]*|\\n)DETAIL:).*?((?:^[ |]*|\\n)(?:{_BEHIND_DETAIL})|\Z)"), r"\1 …\n\2"),
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"), _HIDDEN),
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides secrets in every field of an event."""
    for name, value in event.items():
        if _SECRET.search(name):
            event[name] = _HIDDEN
        elif isinstance(value, str) and not _ID.fullmatch(value):
            event[name] = redact_text(value)
    return event


def redact_text(text: str) -> str:
    for pattern, replacement in _TEXTS:
        text = pattern.sub(replacement, text)
    return text


def configure_logs(*, level: str, as_json: bool) -> None:
    """For our own events and for those of the libraries, which all end on standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    # Plain tracebacks: the decorated ones print the values of local variables, and take a second to do it.
    shown: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Some of them would write down what they send, secrets included.
    for quiet in (
        "httpx2",
        "httpcore",
        "httpcore2",
        "stripe",
        "sqlalchemy.engine",
        "alembic",
        "uvicorn.access",
        "aiosqlite",
        "tzlocal",
    ):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
