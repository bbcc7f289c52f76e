"""Memory that has held a key is never written to a disk by a crash: no core dump, and no debugger of the same user.

Linux: a core limit of zero for this process and its children, and `PR_SET_DUMPABLE` 0, which also keeps a handler of
cores from getting one through a pipe and makes ``/proc/PID/mem`` and ``environ`` root's (prctl(2), core(5)).
"""

import ctypes
import resource
import sys
from functools import cache
from typing import Final

_PR_SET_DUMPABLE: Final = 4


@cache
def never_dump() -> None:
    """From now on; there is no way back. Cheap to repeat."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
