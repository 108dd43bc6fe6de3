"""Running the installers: where things are, what is said meanwhile, and how a failure reads."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"

_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|ProxyError|SSLError|CERTIFICATE|Retrying \("
    r"|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|SELF_SIGNED|UNABLE_TO_"
)


class SetupError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


def say(message: str) -> None:
    """Show progress at once, also where the output is a pipe."""
    print(f"setup: {message}", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    show: tuple[str, ...],
    remedy: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run an installer, showing the lines of its output that begin with one of `show`.

    Raises SetupError when it fails: with `remedy` where its registry could not be reached, else after its last lines.
    """
    output: list[str] = []
    with subprocess.Popen(
        command, cwd=cwd, env=env, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            output.append(line)
            if line.strip().startswith(show):
                print(f"  {line.strip()[:110]}", flush=True)
    if process.returncode != 0:
        if _UNREACHABLE.search("".join(output)):
            raise SetupError(remedy)
        sys.stderr.writelines(output[-20:])
        called = " ".join(Path(part).name for part in command)
        raise SetupError(f"this failed, its last lines are above; `make clean` and a new try may help: {called}")


def install_requirements(name: str) -> None:
    """Install requirements/<name>.txt, every file checked against its hash, from whichever index pip is set up for."""
    say(f"installing requirements/{name}.txt")
    pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    remedy = (
        "pip cannot reach its package index. Check the network, or tell pip of a proxy or an index that it can reach "
        "(pip config set global.proxy / global.index-url), then run make again"
    )
    run(
        [VENV_PYTHON, *pip, "--require-hashes", "-r", f"requirements/{name}.txt"],
        show=("Collecting", "Installing", "WARNING: Retrying"),
        remedy=remedy,
    )
