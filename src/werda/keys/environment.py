"""Key rings that come in environment variables are taken out of the environment before anything else runs.

What remains: the variable is overwritten where the kernel keeps it and removed, so that neither a child nor
``/proc/PID/environ`` shows it. Whoever started the process - a service manager, a container's engine - still knows it.
"""

import ctypes
import os
from collections.abc import Mapping
from typing import Final

from werda.core.secret import Secret

_ENDING: Final = "_KEYRING"
_taken: dict[str, Secret] = {}


def taken() -> Mapping[str, Secret]:
    """The rings that this process was given in variables, by the variable's name."""
    for name in [name for name in os.environ if name.startswith("WERDA_") and name.endswith(_ENDING)]:
        _taken[name] = Secret(os.environ[name])
        _overwrite(name)
        del os.environ[name]
    return _taken


def keep_only(*rings: str) -> None:
    """Forget every ring that came in a variable but these: what a process need not have it must not have."""
    for name in list(taken()):
        if name not in {f"WERDA_{ring.upper()}{_ENDING}" for ring in rings}:
            del _taken[name]


def handed_on(*rings: str) -> dict[str, str]:
    """The variables of these rings, for the environment of a child that is to have them."""
    names = {f"WERDA_{ring.upper()}{_ENDING}" for ring in rings}
    return {name: text.reveal() for name, text in taken().items() if name in names}


def _overwrite(name: str) -> None:
    """Blank the value in place; a copy of the environment that the kernel shows is this very memory."""
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    address = libc.getenv(name.encode())
    if address:
        ctypes.memset(address, ord("x"), len(ctypes.string_at(address)))
