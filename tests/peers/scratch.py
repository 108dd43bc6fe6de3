"""Folders for peers: within reach of the user they run as, removed by their test run or, if killed, by the next one."""

import atexit
import fcntl
import functools
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "orders-peers-"
HELD = ".held"  # locked for as long as the process that made the folder lives


def new_folder(purpose: str) -> Path:
    """An empty folder outside any private parent, so that an unprivileged user can reach it too."""
    folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=_root()))
    folder.chmod(0o755)
    return folder


@functools.cache
def _root() -> Path:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_if_left_behind(left)
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    root.chmod(0o755)
    lock = os.open(root / "held.new", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Only a locked file gets the name others look for: no folder is swept between its making and its locking.
    (root / "held.new").rename(root / HELD)
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def _remove_if_left_behind(folder: Path) -> None:
    try:
        if folder.lstat().st_uid != os.getuid():
            return
        lock = os.open(folder / HELD, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)
