"""A real PostgreSQL for every test that needs one: a cluster for the run, a copy of the schema for each test."""

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import pytest

_home = Path(mkdtemp(prefix="werda-test-"))
os.environ["WERDA_HOME"] = str(_home)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "werda.server.django_settings")
os.environ.pop("WERDA_DATABASE_URL", None)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """`WERDA_HOME` of this test run."""
    yield _home
    shutil.rmtree(_home, ignore_errors=True)


from tests.database import Cluster, TestDatabase, start_cluster  # noqa: E402


@pytest.fixture(scope="session")
def cluster(home: Path) -> Iterator[Cluster]:
    """The embedded PostgreSQL 18 with a template of the whole schema."""
    with start_cluster(home) as started:
        yield started


@pytest.fixture
def database(cluster: Cluster) -> Iterator[TestDatabase]:
    """A database of this test's own, with the schema, the key rings and nobody in it."""
    name = f"test_{secrets.token_hex(6)}"
    with cluster.copy(name) as copied:
        yield replace(copied)
