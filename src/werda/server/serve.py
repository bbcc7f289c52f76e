"""Run everything that one machine needs: database, gate, pages, sign-up, portal, intake, worker.

In production each runs as a service of its own.

The processes live and die together: a signal to the first stops all in order, the kernel stops them when it is killed,
and one that fails is started again.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from werda.keys.environment import handed_on
from werda.keys.ring import RingName
from werda.server import logs
from werda.server.settings import Settings
from werda.server.wiring import Installation, installation

log = logging.getLogger(__name__)

PARTS: Final = ("gate", "pages", "signup", "portal", "intake", "worker")
_RINGS: Final = {
    "gate": (RingName.VERIFIER,),
    "pages": (RingName.SECOND_FACTOR,),
    **dict.fromkeys(("signup", "portal", "intake"), (RingName.VERIFIER, RingName.CUSTODY)),
    "worker": (RingName.VERIFIER, RingName.CUSTODY, RingName.AUDIT),
}
SUPERVISED_BY: Final = "WERDA_SUPERVISED"
"""Names the process that started a part. In a container that may well be process 1."""
_PR_SET_PDEATHSIG: Final = 1
_AGAIN_SECONDS: Final = 1.0


def serve(settings: Settings, *, demo: bool = False, prepare: Callable[[Installation], None] | None = None) -> None:
    """Set up, start all parts, and wait for SIGINT or SIGTERM. `prepare` runs when the database is there."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    logs.configure(settings.log_level)
    with installation(settings) as it:
        it.set_up()
        if prepare:
            prepare(it)
        it.keys.close()  # this process only watches the others; one that held a ring would stand in a rotation's way
        if stopping.is_set():
            return
        running = {part: _start(part, settings, demo=demo) for part in PARTS}
        try:
            while not stopping.wait(0.2):
                for part, process in running.items():
                    if process.poll() is not None:
                        log.error("%s ended with %s; starting it again", part, process.returncode)
                        stopping.wait(_AGAIN_SECONDS)
                        running[part] = _start(part, settings, demo=demo)
        finally:
            _stop(running)


def die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(os.environ[SUPERVISED_BY]):
        sys.exit("the process that started this one is gone")


def _start(part: str, settings: Settings, *, demo: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "werda", "serve", "--only", part, *(["--demo"] if demo else [])]
    environment = {**os.environ, "WERDA_HOME": str(settings.home), SUPERVISED_BY: str(os.getpid())}
    environment.pop("WERDA_ROLE", None)
    environment.update(handed_on(*(RingName if demo and part == "pages" else _RINGS[part])))
    # Its own session: Ctrl-C reaches this process, which stops the parts in order.
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + 10
    for process in running.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
