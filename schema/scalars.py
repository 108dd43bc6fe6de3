"""Scalars: moments, days, decimals and places in the stream, read strictly."""

import decimal
import re
from datetime import UTC, date, datetime
from typing import Any, Final, NewType

import strawberry

from schema.errors import BadUserInput

_DECIMAL: Final = re.compile(r"-?\d{1,18}(\.\d{1,9})?")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _text(value: Any, pattern: re.Pattern[str], wanted: str) -> str:
    if not isinstance(value, str) or not value.isascii() or not pattern.fullmatch(value):
        raise BadUserInput(wanted)
    return value


def parse_datetime(value: Any) -> datetime:
    text = _text(value, _MOMENT, "A DateTime is text such as 2026-11-24T09:30:00Z, always with an offset.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadUserInput("This DateTime does not exist.") from None


def write_datetime(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_date(value: Any) -> date:
    text = _text(value, _DAY, "A Date is text such as 2026-11-24.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadUserInput("This Date does not exist.") from None


def parse_decimal(value: Any) -> decimal.Decimal:
    return decimal.Decimal(_text(value, _DECIMAL, 'A Decimal is text such as "119.88": no exponent, no number.'))


def write_decimal(value: decimal.Decimal) -> str:
    return f"{value:f}"


StreamCursor = NewType("StreamCursor", str)

SCALARS: Final[dict[object, Any]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339, always with an offset; UTC on the way out. Input without an offset is refused.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=write_datetime,
        parse_value=parse_datetime,
    ),
    date: strawberry.scalar(
        name="Date", description="RFC 3339 full-date.", serialize=date.isoformat, parse_value=parse_date
    ),
    decimal.Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal string such as "119.88". '
        "Never a float; NaN, infinities, exponents and JSON numbers are refused.",
        serialize=write_decimal,
        parse_value=parse_decimal,
    ),
    StreamCursor: strawberry.scalar(
        name="StreamCursor",
        description="A place in the stream of changes; give it back as it came. Not a connection's cursor.",
        serialize=str,
        parse_value=lambda value: _text(value, re.compile(r"[A-Za-z0-9_-]{1,100}"), "This is no StreamCursor."),
    ),
}
