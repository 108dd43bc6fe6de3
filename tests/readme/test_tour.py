"""The tour of one order: its commands are run in one shell, as a reader would, and answer as it shows."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Self

import pytest

from tests.peers.programs import Server
from tests.readme.blocks import Block, under
from tests.readme.folder import make_folder

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

TOUR = "A tour of one order"
FOLLOWED = re.compile(r"(\d{10}) (\d) (\w+) → (\w+)")
#: Fields that differ each time.
VOLATILE = {"id", "number", "expiresAt", "createdAt", "settledAt"}


class Shell:
    """Takes one command after the other. What the follower in the background prints is kept apart in `followed`."""

    def __init__(self, folder: Path) -> None:
        self.followed: list[str] = []
        self._lines: Queue[str] = Queue()
        self._process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def run(self, commands: str) -> str:
        """What the commands print."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{commands}\nprintf '\\nthe end of it\\n'\n")
        self._process.stdin.flush()
        printed = []
        while (line := self._next()) != "the end of it":
            printed.append(line)
        return "\n".join(printed).strip()

    def wait_for_followed(self, count: int) -> None:
        while len(self.followed) < count:
            assert self._next() == ""

    def _next(self) -> str:
        """The next line, less what the follower wrote into it: answers of the server end in no line break."""
        line = self._lines.get(timeout=60)
        self.followed += [found.group() for found in FOLLOWED.finditer(line)]
        return FOLLOWED.sub("", line)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))


def test_runs_and_answers_as_it_shows(demo: Server, tmp_path: Path) -> None:
    make_folder(tmp_path)
    (script,) = under(TOUR, "python")
    (tmp_path / "follow.py").write_text(script.at(demo.url))
    *commands, last = under(TOUR, "sh")
    with Shell(tmp_path) as shell:
        for block in commands:
            must_be_alike(shell.run(block.at(demo.url)), shown_after(block))
        (followed,) = (block for block in under(TOUR, "text") if FOLLOWED.match(block.text))
        shell.wait_for_followed(len(followed.text.splitlines()))
        must_be_alike(shell.run(last.at(demo.url)), shown_after(last))
        assert [_without_number(line) for line in shell.followed] == [
            _without_number(line) for line in followed.text.splitlines()
        ]


def shown_after(block: Block) -> Block | None:
    """The answer that stands right behind a block of commands."""
    blocks = under(block.heading)
    following = blocks[blocks.index(block) + 1]
    return following if following.language in ("json", "text") else None


def must_be_alike(printed: str, shown: Block | None) -> None:
    if shown is None:
        assert printed == ""
    elif shown.language == "text":
        assert printed.split() == shown.text.split()
    else:
        assert _steady(json.loads(printed)) == _steady(json.loads(shown.text))


def _steady(value: Any, key: str = "") -> Any:
    """With the type of each field that differs each time in its place."""
    if isinstance(value, dict):
        return {name: _steady(field, name) for name, field in value.items()}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    return type(value).__name__ if key in VOLATILE else value


def _without_number(line: str) -> str:
    return FOLLOWED.sub(r"\2 \3 → \4", line)
