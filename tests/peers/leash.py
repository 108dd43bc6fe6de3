"""Run as a script: become the given command, as another user if asked, and end when the parent process ends.

Where the system knows no such end (only Linux does), a killed test run leaves its peers behind.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Arguments: parent's process id, farewell signal, "uid:gid" or "", then the command with its full path."""
    parent, farewell, user, *command = sys.argv[1:]
    if user:
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(int(farewell)), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("The parent ended before its peer began.")
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main()
