"""Telling what a file is by its content: the magic bytes at its head, and enough of its structure to be one.

Nothing is decoded: that is for whoever opens it. What is refused here would not open anywhere.
"""

import os
from collections.abc import Callable
from typing import BinaryIO, Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
#: ISO 32000-1 lets the end of a PDF stand within its last 1,024 bytes.
_PDF_TAIL: Final = 1024
#: Start of frame, of any coding: FFC0 to FFCF but for three that are tables.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN: Final = 0xDA
#: Chunks of a PNG or segments of a JPEG looked at; pictures have some dozens.
_MOST_PARTS: Final = 20_000


def media_type(file: BinaryIO) -> str | None:
    """One of those that may be uploaded, or None. Blocks while it reads."""
    for name, fits in _TYPES.items():
        file.seek(0)
        if fits(file):
            return name
    return None


def _is_pdf(file: BinaryIO) -> bool:
    head = file.read(8)
    if not head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return False
    file.seek(max(0, file.seek(0, os.SEEK_END) - _PDF_TAIL))
    tail = file.read()
    return b"startxref" in tail and b"%%EOF" in tail


def _is_png(file: BinaryIO) -> bool:
    """From the header chunk to the end chunk, with image data between and nothing behind."""
    if file.read(8) != _PNG:
        return False
    seen: set[bytes] = set()
    for _ in range(_MOST_PARTS):
        length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
        if len(kind) < 4 or (not seen and (kind, length) != (b"IHDR", 13)):
            return False
        seen.add(kind)
        file.seek(length, os.SEEK_CUR)
        checksum, at_end = file.read(4), kind == b"IEND"
        if len(checksum) < 4 or at_end:
            return at_end and len(checksum) == 4 and b"IDAT" in seen and not file.read(1)
    return False


def _is_jpeg(file: BinaryIO) -> bool:
    """Segments up to the first scan, a frame among them, and an end behind it. Cameras append data of their own."""
    if file.read(3) != _JPEG_START:
        return False
    file.seek(2)
    framed = False
    for _ in range(_MOST_PARTS):
        start, marker = file.read(1), file.read(1)
        if start != b"\xff" or not marker:
            return False
        if marker == b"\xff":  # filling before a marker
            file.seek(-1, os.SEEK_CUR)
            continue
        length = int.from_bytes(file.read(2), "big")
        if length < 2:
            return False
        framed = framed or marker[0] in _FRAMES
        file.seek(length - 2, os.SEEK_CUR)
        if marker[0] == _SCAN:
            return framed and _JPEG_END in file.read()
    return False


_TYPES: Final[dict[str, Callable[[BinaryIO], bool]]] = {
    "application/pdf": _is_pdf,
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
}
