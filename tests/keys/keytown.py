"""A town whose rings are its own, so that a test may rotate and lose them."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.database import TestDatabase
from tests.people import Town
from werda.core.secret import Secret
from werda.keys.ring import RingName
from werda.store.code_holders import holders
from werda.store.roles import Role
from werda.usecases.retire_key import retire_key
from werda.usecases.rewrap import rewrap_custody, rewrap_verifier
from werda.usecases.rotate_key import SETTLE, Added, Promoted, rotate_step

MUCH_LATER = timedelta(days=4)


def soon(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until other threads and processes have made it true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


@dataclass
class KeyTown(Town):
    """Town, and what a rotation needs."""

    def __init__(self, database: TestDatabase, home: Path) -> None:
        shutil.copytree(database.home / "keys", home / "keys")
        shutil.copy(database.home / "database.json", home / "database.json")
        super().__init__(replace(database, home=home))
        self.now = datetime.now(UTC)

    @property
    def keys(self) -> Path:
        return self.database.home / "keys"

    def custody(self) -> psycopg.Connection[Any]:
        return self.database.database.connect(Role.CUSTODY, autocommit=True)

    def step(self, name: RingName) -> object:
        """The next step of a rotation, `SETTLE` after the last."""
        self.now += SETTLE
        with self.database.connect() as owner:
            return rotate_step(owner, self.keys, name, now=self.now)

    def rotate(self, *names: RingName) -> None:
        """Both steps."""
        for name in names:
            assert isinstance(self.step(name), Added)
            assert isinstance(self.step(name), Promoted)

    def rewrap(self) -> int:
        """All of it, as the worker does; gives how many rows."""
        with self.custody() as connection:
            sealed = rewrap_custody(connection, self.database.custody)
            values = rewrap_verifier(connection, self.database.verifier, self.database.custody)
        assert (sealed.unlike, values.unlike) == (0, 0)
        return sealed.rows + values.rows

    def retire(self, name: RingName) -> object:
        self.now += MUCH_LATER
        with self.database.connect() as owner:
            return retire_key(owner, self.keys, name, now=self.now)

    def held(self, code: str) -> int:
        """How many hold this code, as the counts say."""
        verifier = self.database.verifier
        value = verifier.popularities(self.brand, Secret(code))
        with self.custody() as connection:
            return holders(connection, self.brand, [value[at : at + 16] for at in range(0, len(value), 16)])

    def states(self, name: RingName) -> list[str]:
        rows = self.database.rows("select state from key_canary where ring = %s order by since, state", name.value)
        return [state for (state,) in rows]
