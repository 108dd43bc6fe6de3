"""Which languages there are texts in, and which of them a reader is best served by."""

import re
from typing import Final

#: English first: what is read by those who understand none of them.
SUPPORTED: Final = ("en", "fr", "de")

_QUALITY = re.compile(r"\s*q\s*=\s*(0(\.\d{0,3})?|1(\.0{0,3})?)\s*", re.IGNORECASE)


def known_language(tag: str) -> str:
    """The one of SUPPORTED that a BCP 47 tag names ("fr-CA": "fr"); English where it names none of them."""
    language = _primary(tag)
    return language if language in SUPPORTED else SUPPORTED[0]


def best_language(accept_language_header: str) -> str:
    """The one of SUPPORTED that suits an Accept-Language header best (RFC 9110, 12.5.4); English in doubt."""
    wanted: dict[str, float] = {}
    for preference in accept_language_header.split(","):
        tag, *parameters = preference.split(";")
        language = _primary(tag)
        wanted[language] = max(_quality(parameters), wanted.get(language, 0.0))
    others = wanted.pop("*", 0.0)
    named = [language for language in wanted if language in SUPPORTED]
    unnamed = [language for language in SUPPORTED if language not in wanted]
    # The first of equals wins: in the reader's own order, and then in ours.
    best = max(named + unnamed, key=lambda language: wanted.get(language, others))
    return best if wanted.get(best, others) > 0 else SUPPORTED[0]


def _primary(tag: str) -> str:
    return re.split("[-_]", tag.strip().lower(), maxsplit=1)[0]


def _quality(parameters: list[str]) -> float:
    """1 where none is given; what is not understood is not wanted."""
    if not parameters:
        return 1.0
    match = _QUALITY.fullmatch(parameters[0])
    return float(match[1]) if match else 0.0
