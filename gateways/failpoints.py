"""Failpoints: named places at which a test has the process die at once, to show that dying there does no harm."""

import os
import signal
from pathlib import Path
from typing import Final

#: At most one: the folder in which failpoints are armed.
_folders: Final[list[Path]] = []


def enable(folder: Path | None) -> None:
    """From here on a file in the folder, named as a failpoint, arms it; None: no failpoint does anything."""
    _folders[:] = [] if folder is None else [folder]


def reached(name: str) -> None:
    """Nothing, unless failpoints are enabled and this one is armed: then it is disarmed, and the process is no more.

    Names are literals, so that the tests find every one of them in the source."""
    for folder in _folders:
        try:
            (folder / name).unlink()
        except FileNotFoundError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
