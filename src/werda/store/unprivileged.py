"""Run a program as somebody who is not root, without opening any folder to anybody.

PostgreSQL refuses to run as root. A new user namespace in which root is called user 1000 satisfies it and keeps every
file readable by its real owner only. Where the kernel forbids namespaces, the program runs as *nobody* instead, who
then must be able to reach the folders. Run as ``python -m werda.store.unprivileged PROGRAM [ARGUMENT …]``; the program
gets SIGINT (PostgreSQL: fast shutdown) when whoever started it dies.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

_CLONE_NEWUSER: Final = 0x10000000
_PR_SET_PDEATHSIG: Final = 1
_INSIDE: Final = 1000
NOBODY: Final = 65534


def namespaces_allowed() -> bool:
    """Whether root may make a user namespace here; tried in a child process."""
    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0)
    _, status = os.waitpid(child, 0)
    return status == 0


def _leave_root() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{_INSIDE} 0 1")
    Path("/proc/self/uid_map").write_text(f"{_INSIDE} 0 1")


def main() -> None:
    """Become unprivileged and turn into the program."""
    parent = os.getppid()
    if os.geteuid() == 0:
        _leave_root()
    # After leaving root: the kernel clears the death signal whenever credentials change.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit("the process that started PostgreSQL is gone")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606


if __name__ == "__main__":
    main()
