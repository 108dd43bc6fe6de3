"""Run as a script: localstripe as it is, but on loopback only, and keeping nothing on disk.

It has no options for either. It runs in this process of its own and is never imported by anything else."""

import builtins
import os
import runpy
import socket
from typing import Any

STORE = "localstripe.pickle"


class Loopback(socket.socket):
    """What would listen on every interface listens on 127.0.0.1."""

    def __init__(self, family: int = -1, *rest: Any, **options: Any) -> None:
        super().__init__(socket.AF_INET if family == socket.AF_INET6 else family, *rest, **options)

    def bind(self, address: Any) -> None:
        super().bind(("127.0.0.1", address[1]) if address[0] == "::" else address)


def main() -> None:
    really_open = builtins.open

    def open_elsewhere(file: Any, *rest: Any, **options: Any) -> Any:
        is_store = isinstance(file, str) and file.endswith(STORE)
        return really_open(os.devnull if is_store else file, *rest, **options)

    setattr(socket, "socket", Loopback)  # noqa: B010 (a type checker would not have it otherwise)
    setattr(builtins, "open", open_elsewhere)  # noqa: B010 (as above)
    runpy.run_module("localstripe", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
