"""One portal for all tests of a file; everybody in it is somebody else's neighbour."""

import secrets
from collections.abc import Iterator

import django
import pytest

django.setup()

from tests.database import Cluster  # noqa: E402
from tests.people import Town  # noqa: E402
from tests.portals import Portal, running_portal  # noqa: E402


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[Town]:
    with cluster.copy(f"portal_{secrets.token_hex(6)}") as database:
        yield Town(database)


@pytest.fixture(scope="module")
def portal(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_portal(town, tmp_path_factory.mktemp("portal") / "portal.log") as running:
        yield running


@pytest.fixture(autouse=True)
def _limits_begin_anew(town: Town) -> None:
    """Every test may try as often as the first: all of them come from one address."""
    with town.database.connect() as owner:
        owner.execute("delete from rate_limit")
