"""The blocks of code in the README, each with the heading that it stands under."""

import re
from dataclasses import dataclass
from typing import Final

from tests.peers.processes import REPOSITORY

README: Final = (REPOSITORY / "README.md").read_text()
#: Where it says that things are.
ADDRESS: Final = "http://127.0.0.1:8000"

_HEADING_OR_BLOCK: Final = re.compile(
    r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    heading: str
    language: str
    text: str

    def at(self, url: str) -> str:
        """Its text for a server at another address."""
        return self.text.replace(ADDRESS, url).replace(ADDRESS.replace("http", "ws"), url.replace("http", "ws"))


def _read() -> tuple[Block, ...]:
    found, heading = [], ""
    for match in _HEADING_OR_BLOCK.finditer(README):
        if match["heading"] and match["language"] is None:
            heading = match["heading"]
        else:
            found.append(Block(heading, match["language"], match["text"]))
    return tuple(found)


BLOCKS: Final = _read()


def under(heading: str, *languages: str) -> list[Block]:
    """The blocks under one heading, of these languages or of all."""
    return [block for block in BLOCKS if block.heading == heading and (not languages or block.language in languages)]
