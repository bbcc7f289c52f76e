"""Database connections of the intake, kept open between requests; a broken one takes the idle ones with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from werda.store.roles import Database, Role

MOST: Final = 8
_PATIENCE_SECONDS: Final = 20.0


class Connections:
    """At most `MOST` at the same time, role custody; each request gets one of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._idle: list[psycopg.Connection[Any]] = []
        self._free = threading.BoundedSemaphore(MOST)

    @contextmanager
    def one(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection; what the block did not commit is rolled back. Raises `TimeoutError` when all stay taken."""
        if not self._free.acquire(timeout=_PATIENCE_SECONDS):
            raise TimeoutError
        try:
            connection = self._idle.pop() if self._idle else self._database.connect(Role.CUSTODY)
            try:
                yield connection
            finally:
                self._take_back(connection)
        finally:
            self._free.release()

    def _take_back(self, connection: psycopg.Connection[Any]) -> None:
        try:
            connection.rollback()
        except psycopg.Error:
            connection.close()
            self.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close those that are idle."""
        while self._idle:
            self._idle.pop().close()
