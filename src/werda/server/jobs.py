"""The worker's jobs: each has a name, an interval, and perhaps a channel that wakes it before.

A job does one piece of work at a time and says whether there may be more. A piece that breaks is tried again after the
interval, on a new connection.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from werda.api.failures import what_failed
from werda.store.roles import Database, Role

log = logging.getLogger(__name__)

_LISTENING_SECONDS: Final = 0.5
_SECONDS_TO_END: Final = 4.0


@dataclass(frozen=True, slots=True)
class Job:
    """`work` gets a connection of the role custody (autocommit); True asks for the next piece at once.

    `every` are the seconds between two looks, `lanes` how many threads work at the same time.
    """

    name: str
    every: float
    work: Callable[[psycopg.Connection[Any]], bool]
    channel: str | None = None
    lanes: int = 1


class Worker:
    """Runs jobs until it is stopped. What is under way then is given a few seconds."""

    def __init__(self, database: Database, jobs: Sequence[Job]) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._wakes: dict[str, list[threading.Event]] = {}
        self._threads = [self._thread(job, lane) for job in jobs for lane in range(job.lanes)]
        self._threads.append(threading.Thread(target=self._listen, name="listen", daemon=True))

    def run(self) -> None:
        """Work until `stop` is called."""
        for thread in self._threads:
            thread.start()
        self._stopping.wait()
        share = _SECONDS_TO_END / len(self._threads)
        for thread in self._threads:
            thread.join(share)

    def stop(self) -> None:
        """End `run`; may be called by a signal's handler."""
        self._stopping.set()
        for wake in (wake for wakes in self._wakes.values() for wake in wakes):
            wake.set()

    def _thread(self, job: Job, lane: int) -> threading.Thread:
        wake = threading.Event()
        self._wakes.setdefault(job.channel or "", []).append(wake)
        return threading.Thread(target=self._work, args=(job, wake), name=f"{job.name}-{lane}", daemon=True)

    def _work(self, job: Job, wake: threading.Event) -> None:
        while not self._stopping.is_set():
            try:
                with self._database.connect(Role.CUSTODY, autocommit=True) as connection:
                    while not self._stopping.is_set():
                        wake.clear()  # what is told from here on is not missed
                        if not job.work(connection):
                            wake.wait(job.every)
            except Exception as problem:
                if not self._stopping.is_set():
                    log.error("the job %s goes on in a moment: %s", job.name, what_failed(problem))
                    self._stopping.wait(job.every)

    def _listen(self) -> None:
        channels = [channel for channel in self._wakes if channel]
        while channels and not self._stopping.is_set():
            with contextlib.suppress(psycopg.Error):  # jobs look by themselves, only later
                self._hear(channels)
            self._stopping.wait(_LISTENING_SECONDS)

    def _hear(self, channels: Sequence[str]) -> None:
        with self._database.connect(Role.CUSTODY, autocommit=True) as connection:
            for channel in channels:
                connection.execute(f'listen "{channel}"'.encode())
            while not self._stopping.is_set():
                for notice in connection.notifies(timeout=_LISTENING_SECONDS):
                    for wake in self._wakes.get(notice.channel, ()):
                        wake.set()
