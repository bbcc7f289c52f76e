"""A brand that imports, and the intake on its database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import TestDatabase
from tests.intake.intake_process import Intake, running_intake
from tests.usecases.importing_town import ImportingTown


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> ImportingTown:
    return ImportingTown.found(database, tmp_path)


@pytest.fixture
def intake(town: ImportingTown, tmp_path: Path) -> Iterator[Intake]:
    with running_intake(town.database, tmp_path / "intake.log") as running:
        yield running
