"""Places in the stream: a position in one log, as clients give it back."""

import base64
import binascii
from dataclasses import dataclass


class BadPlace(ValueError):
    """No place of ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """`epoch` names the log: positions of another one (before a restore, say) mean nothing in it."""

    epoch: str
    position: int

    def encode(self) -> str:
        packed = f"{self.epoch}:{self.position}".encode()
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "Place":
        """Raises BadPlace."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            epoch, _, position = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
            place = cls(epoch, int(position))
        except (ValueError, binascii.Error) as error:
            raise BadPlace(text) from error
        if place.position < 0 or place.encode() != text:
            raise BadPlace(text)
        return place
