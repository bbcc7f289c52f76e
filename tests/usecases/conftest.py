"""A brand that imports files, for every test of an import."""

from pathlib import Path

import pytest

from tests.database import TestDatabase
from tests.usecases.importing_town import ImportingTown


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> ImportingTown:
    return ImportingTown.found(database, tmp_path)
