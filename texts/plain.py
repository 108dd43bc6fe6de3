"""Texts that strangers wrote, made fit to stand among ours: no character in them moves or hides another."""

import unicodedata
from typing import Final

#: They change the direction of whatever follows, and so make a text read as what it is not (UAX #9).
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

#: Control characters, halves of surrogate pairs, and Unicode's own breaks of lines and paragraphs.
_BREAKING: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def one_line(text: str) -> str:
    """`text` on one line: whatever could break it becomes a space, and runs of spaces become one."""
    return " ".join("".join(map(_harmless, text)).split())


def plain(text: str) -> str:
    """`text` with its own lines and spaces kept, as what somebody is to copy from it needs."""
    return "\n".join("".join(map(_harmless, line)) for line in text.splitlines()).strip("\n")


def _harmless(character: str) -> str:
    if character in _DIRECTIONS:
        return ""
    return " " if unicodedata.category(character) in _BREAKING else character
