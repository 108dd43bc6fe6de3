"""Telling a bank statement from other files by its beginning; reading it is what shows whether it is one."""

import codecs
from typing import BinaryIO, Final

CAMT: Final = "application/xml"
CSV: Final = "text/csv"

_HEAD: Final = 4096


def statement_type(file: BinaryIO) -> str | None:
    """CAMT or CSV; None for what cannot be a statement. Blocks while it reads."""
    file.seek(0)
    head = file.read(_HEAD).removeprefix(codecs.BOM_UTF8)
    if head.lstrip().startswith(b"<"):
        return CAMT
    first, newline, _ = head.partition(b"\n")
    is_text = bool(newline) and first.isascii() and not any(byte < 32 for byte in first.strip())
    return CSV if is_text and (b"," in first or b";" in first) and not head.startswith(b"%PDF-") else None
