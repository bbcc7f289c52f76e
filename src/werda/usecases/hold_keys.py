"""Hold the key rings of a process, say so to the database, and follow while keys are rotated (B5).

This is the only place that loads a ring for use. A session holds an advisory lock for each key that the process knows
and for the one it writes under (sql/42_key_rings.sql); it ends with the process. Whoever rotates sees who has not
followed yet, and waits. A ring's file is read again at each step of a rotation and every few seconds.

A piece of work takes a ring once and keeps it to its end. The locks of a former version stay until nothing uses it any
more, and only then the process says that it knows a new key: an object that still lives may write under its key, and
would not open what lies under another.
"""

import hashlib
import logging
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar

import psycopg
import tink

from werda.core.secret import Secret
from werda.keys import ring
from werda.keys.known import KeyState, Known, KnownKey
from werda.keys.ring import BadKeyRing, RingName

log = logging.getLogger(__name__)

CHANNEL: Final = "werda_keys"
_LOOK_SECONDS: Final = 5.0
"""How often a ring's file is looked at when nobody said that it changed."""
_AGAIN_SECONDS: Final = 0.5

Connection = psycopg.Connection[Any]


class Ring(Protocol):
    """What is made of a keyset: `Verifier`, `Custody`, `SecondFactors`."""

    name: ClassVar[RingName]

    @classmethod
    def checked(cls, handle: tink.KeysetHandle, known: Known) -> Self:
        """The ring, if its keys are those the database knows. Raises `BadKeyRing`."""


R = TypeVar("R", bound=Ring)


@dataclass
class _Version:
    """A ring as it was loaded once. `said` are the keys that locks say are known."""

    ring: Any
    handle: tink.KeysetHandle
    kept: bytes
    key_ids: list[int]
    primary: int
    said: list[int]


@dataclass(frozen=True)
class _Leaving:
    """A former version that somebody may still use, and its locks."""

    kind: type[Any]
    used: "weakref.ref[Any]"
    said: list[int]
    primary: int


class HeldKeys:
    """The rings of this process. `connect` gives a session in autocommit, which lives as long as this does."""

    def __init__(
        self, connect: Callable[[], Connection], folder: Path, changed: Callable[[], object] = lambda: None
    ) -> None:
        self._connect = connect
        self._folder = folder
        self._changed = changed
        self._turn = threading.RLock()
        self._session: Connection | None = None
        self._versions: dict[type[Any], _Version] = {}
        self._leaving: list[_Leaving] = []
        self._watching: threading.Thread | None = None
        self._stopping = threading.Event()

    def ring(self, kind: type[R]) -> R:
        """The ring as it is now; loaded, held and checked at the first time. Raises `BadKeyRing`."""
        version = self._versions.get(kind)
        if version is None:
            with self._turn:
                if kind not in self._versions:
                    self._versions[kind] = self._load(self._opened(), kind)
                version = self._versions[kind]
        found: R = version.ring
        return found

    def watch(self) -> Self:
        """Follow rotations in the background until `close`."""
        if self._watching is None:
            self._watching = threading.Thread(target=self._watch, name="keys", daemon=True)
            self._watching.start()
        return self

    def close(self) -> None:
        """Let go of everything."""
        self._stopping.set()
        if self._watching is not None:
            self._watching.join(2)
        with self._turn:
            if self._session is not None:
                self._session.close()
                self._session = None
            self._versions.clear()

    def _opened(self) -> Connection:
        with self._turn:
            if self._session is None:
                self._session = self._connect()
            return self._session

    def _load(self, session: Connection, kind: type[R], before: _Version | None = None) -> _Version:
        kept = _digest(ring.kept_of(self._folder, kind.name))
        handle = ring.load(self._folder, kind.name)
        info = handle.keyset_info()
        key_ids, primary = [key.key_id for key in info.key_info], info.primary_key_id
        said = [key_id for key_id in key_ids if before is None or key_id in before.said]
        known = _hold(session, kind.name, said, primary)
        try:
            return _Version(kind.checked(handle, known), handle, kept, key_ids, primary, said)
        except BadKeyRing:
            _let_go(session, kind.name, said, primary)
            raise

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error:
                if not self._stopping.is_set():
                    with suppress(psycopg.Error):
                        self._hold_again()
            except Exception as problem:  # a thread that ended in silence would never follow again
                log.error("key rings cannot be looked at for now: %s", type(problem).__name__)
            self._stopping.wait(_AGAIN_SECONDS)

    def _listen(self) -> None:
        session = self._opened()
        session.execute(f"listen {CHANNEL}".encode())
        due = 0.0
        while not self._stopping.is_set():
            told = list(session.notifies(timeout=_AGAIN_SECONDS, stop_after=1))
            with self._turn:
                if told or time.monotonic() >= due:
                    self._look(session)
                    due = time.monotonic() + _LOOK_SECONDS
                self._release(session)

    def _look(self, session: Connection) -> None:
        """Take over every ring that is kept otherwise than it was. One that does not fit is not taken over."""
        fresh = False
        for kind, version in list(self._versions.items()):
            try:
                if _digest(ring.kept_of(self._folder, kind.name)) == version.kept:
                    continue
                self._versions[kind] = self._load(session, kind, version)
            except BadKeyRing as problem:
                log.error("the %s ring stays as it was: %s", kind.name, problem)
                continue
            self._leaving.append(_Leaving(kind, weakref.ref(version.ring), version.said, version.primary))
            log.info("the %s ring was read anew", kind.name)
            fresh = True
        if fresh:
            self._changed()

    def _release(self, session: Connection) -> None:
        """Give up the locks of versions that nothing uses any more, then say which keys everything here knows."""
        for leaving in [leaving for leaving in self._leaving if leaving.used() is None]:
            _let_go(session, leaving.kind.name, leaving.said, leaving.primary)
            self._leaving.remove(leaving)
        for kind, version in self._versions.items():
            unsaid = [key_id for key_id in version.key_ids if key_id not in version.said]
            if unsaid and kind not in [leaving.kind for leaving in self._leaving]:
                _hold(session, kind.name, unsaid, version.primary)
                _let_go(session, kind.name, [], version.primary)
                version.said = version.key_ids

    def _hold_again(self) -> None:
        """After a lost connection: nobody knew of this process, and a rotation may have gone on without it."""
        with self._turn:
            if self._session is not None:
                self._session.close()
            session = self._session = self._connect()
            for leaving in self._leaving:
                _hold(session, leaving.kind.name, leaving.said, leaving.primary)
            for kind, version in list(self._versions.items()):
                known = _hold(session, kind.name, version.said, version.primary)
                try:
                    kind.checked(version.handle, known)
                except BadKeyRing:
                    self._follow_or_end(session, kind)
        self._changed()

    def _follow_or_end(self, session: Connection, kind: type[Any]) -> None:
        try:
            self._versions[kind] = self._load(session, kind)
        except BadKeyRing as problem:
            log.critical("this process ends, its keys are not those of the database: %s", problem)
            os.kill(os.getpid(), signal.SIGTERM)


def _hold(session: Connection, name: RingName, key_ids: list[int], primary: int) -> Known:
    """Say that this session has these keys, and read what the database knows of the ring."""
    rows = session.execute("select * from hold_ring(%s, %s, %s)", (name.value, key_ids, primary)).fetchall()
    return {key_id: KnownKey(bytes(value), KeyState(state)) for key_id, value, state in rows}


def _let_go(session: Connection, name: RingName, key_ids: list[int], primary: int) -> None:
    session.execute("select let_ring_go(%s, %s, %s)", (name.value, key_ids, primary))


def _digest(kept: Secret) -> bytes:
    return hashlib.sha256(kept.reveal().encode()).digest()
