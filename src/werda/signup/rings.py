"""The key rings of this process, opened once and checked against the database (B5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.conf import settings

from werda.keys import ring
from werda.keys.custody import Custody
from werda.keys.ring import RingName
from werda.keys.verifier import Verifier
from werda.usecases.set_up import canaries


@contextmanager
def database() -> Iterator[psycopg.Connection[Any]]:
    """A transaction of this process's role: committed at the end, gone when something fails."""
    with settings.WERDA_DATABASE.connect(settings.WERDA_DATABASE_ROLE) as connection:
        yield connection


@cache
def verifier() -> Verifier:
    """The ring that compares, which names a value among those that are counted (B3)."""
    with database() as connection:
        return Verifier.checked(_load(RingName.VERIFIER), canaries(connection, RingName.VERIFIER))


@cache
def custody() -> Custody:
    """The ring that seals the chosen code."""
    with database() as connection:
        return Custody.checked(_load(RingName.CUSTODY), canaries(connection, RingName.CUSTODY))


def _load(name: RingName) -> Any:
    return ring.load(settings.WERDA_SETTINGS.keys, name)
