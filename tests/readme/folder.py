"""The folder that a reader of the README is in: what its commands need of a clone, without being one."""

import sys
from pathlib import Path

from tests.peers.processes import REPOSITORY


def make_folder(folder: Path) -> None:
    """Links the virtual environment, the programs and the documents into an empty folder."""
    (folder / ".venv").symlink_to(sys.prefix)
    for name in ("queries", "server.py", "relay.py"):
        (folder / name).symlink_to(REPOSITORY / name)
