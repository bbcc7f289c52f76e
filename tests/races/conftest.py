"""One town and four gates on one database, for all races."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import Cluster
from tests.gates import Gate
from tests.people import Town
from tests.races.callers import AN_HOUR, delay, running_gates


@pytest.fixture(scope="package")
def town(cluster: Cluster) -> Iterator[Town]:
    with cluster.copy("races") as database:
        town = Town(database)
        delay(town, AN_HOUR)
        yield town


@pytest.fixture(scope="package")
def gates(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Gate]]:
    logs: Path = tmp_path_factory.mktemp("gates")
    with running_gates(town.database, logs) as running:
        yield running
