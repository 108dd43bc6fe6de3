"""Small files that are what they say, and some that are not."""

import struct
import zlib
from typing import Final


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


PDF: Final = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
PNG: Final = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
JPEG: Final = (
    b"\xff\xd8"
    + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    + b"\xff"
    + _segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0")
    + _segment(0xDA, b"\1\1\0\0?\0")
    + b"\x12\x34\xff\xd9"
)
GOOD: Final = {"application/pdf": PDF, "image/png": PNG, "image/jpeg": JPEG}
BAD: Final = {
    "nothing": b"",
    "text": b"hello",
    "a page": b"<!doctype html><script>alert(1)</script>",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a GIF": b"GIF89a" + b"\0" * 50,
    "a page behind which a PDF stands": b"<script>alert(1)</script>" + PDF,
    "a PDF's head alone": b"%PDF-1.7\n",
    "a PDF whose end is far off": PDF + b"\n" * 2000,
    "a PNG's head alone": PNG[:8],
    "a PNG cut off": PNG[:-6],
    "a PNG with something behind": PNG + b"<script>",
    "a PNG without a picture": PNG[:33] + _chunk(b"IEND", b""),
    "a PNG with a chunk of 4 GB": PNG[:33] + b"\xff\xff\xff\xffIDAT",
    "a PNG that begins in the middle": PNG[:8] + PNG[33:],
    "a JPEG's head alone": JPEG[:3],
    "a JPEG cut off": JPEG[:-2],
    "a JPEG without a frame": JPEG.replace(b"\xff\xc0", b"\xff\xe1"),
    "a JPEG with a segment of no length": b"\xff\xd8\xff\xe0\0\0" + JPEG[6:],
    "a JPEG with rubbish between": JPEG[:20] + b"rubbish" + JPEG[20:],
    "a head and zeros": b"\xff\xd8\xff" + b"\0" * 1000,
}
