"""The database role and the key rings of this process, followed while keys are rotated (B5).

Which rings a process may hold is decided where it starts (`server.pages`); asking for another fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import psycopg
from django.conf import settings

from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.hold_keys import HeldKeys


@contextmanager
def database() -> Iterator[psycopg.Connection[Any]]:
    """A transaction of this process's role: committed at the end, gone when something fails."""
    with settings.WERDA_DATABASE.connect(settings.WERDA_DATABASE_ROLE) as connection:
        yield connection


@cache
def _held() -> HeldKeys:
    connect = partial(settings.WERDA_DATABASE.connect, settings.WERDA_DATABASE_ROLE, autocommit=True)
    return HeldKeys(connect, settings.WERDA_SETTINGS.keys).watch()


def verifier() -> Verifier:
    """The ring that compares, which names a value among those that are counted (B3)."""
    return _held().ring(Verifier)


def custody() -> Custody:
    """The ring that seals the chosen code."""
    return _held().ring(Custody)
