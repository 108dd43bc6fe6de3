"""Sets up one thing that a target of make needs: `python -m tools.install venv|runtime|test|bench|web|browser`."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools import chromium, node
from tools.running import ROOT, VENV, VENV_PYTHON, SetupError, install_requirements, say


def make_venv() -> None:
    """Create .venv, or keep the one that is there and works."""
    if _works(VENV_PYTHON):
        return
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        release = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"{sys.executable} cannot make virtual environments, since its venv or ensurepip is missing. Install it "
            f"(Debian, Ubuntu: apt install python{release}-venv) or name another Python: make PYTHON=/path/to/python3"
        )
    say(f"making .venv with {sys.executable}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SetupError(f"could not make .venv: {made.stderr.strip() or made.stdout.strip()}")


def _works(python: Path) -> bool:
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return python.exists() and subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


def install_runtime() -> None:
    """Install what the programs import."""
    install_requirements("runtime")


def install_test() -> None:
    """Install what tests and checks need besides."""
    install_requirements("test")


def install_bench() -> None:
    """Install what the stream is measured with, and the servers that it is compared with."""
    install_requirements("bench")
    node.npm_ci(ROOT / "benchmarks" / "peers")


def build_web() -> None:
    """Install the packages that web/ is built with, unless they are there, and build web/dist."""
    web = ROOT / "web"
    node.npm_ci(web)
    say("building the web assets")
    node.npm(web, "run", "--silent", "build", "--", "--logLevel", "warn")


def install_browser() -> None:
    """Make sure that the browser tests find a Chromium."""
    say(f"browser for the tests: {chromium.find_or_install().executable}")


THINGS: dict[str, Callable[[], None]] = {
    "venv": make_venv,
    "runtime": install_runtime,
    "test": install_test,
    "bench": install_bench,
    "web": build_web,
    "browser": install_browser,
}

if __name__ == "__main__":
    try:
        THINGS[sys.argv[1]]()
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; the next make goes on from here")
