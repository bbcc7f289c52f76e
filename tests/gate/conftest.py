"""A gate with people, for every test of the gate's edges."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import TestDatabase
from tests.gates import Gate, running_gate
from tests.people import Town


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def gate(town: Town, tmp_path: Path) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path / "gate.log") as running:
        yield running
