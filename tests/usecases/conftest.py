"""A brand that imports files, for every test of an import."""

from pathlib import Path

import django
import pytest

django.setup()  # some use cases have a door for the desk, which is Django's

from tests.database import TestDatabase  # noqa: E402
from tests.usecases.importing_town import ImportingTown  # noqa: E402


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> ImportingTown:
    return ImportingTown.found(database, tmp_path)
