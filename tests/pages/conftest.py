"""The desk as an agent's browser uses it: Django as the desk's own database role, and the real gate beside it."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

django.setup()

from django.db import connections  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from tests.database import Cluster  # noqa: E402
from tests.gates import Gate, running_gate  # noqa: E402
from tests.pages.hotline import Desk, Hotline  # noqa: E402
from tests.people import Town  # noqa: E402
from werda.store.roles import Role  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _django() -> Iterator[None]:
    setup_test_environment()
    yield
    teardown_test_environment()


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[Town]:
    """A database for all tests of a file; `desk` empties it after each."""
    with cluster.copy(f"pages_{secrets.token_hex(6)}") as database:
        yield Town(database)


@pytest.fixture(scope="module")
def gate(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path_factory.mktemp("gate") / "gate.log") as running:
        yield running


@pytest.fixture
def desk(town: Town, tmp_path: Path) -> Iterator[Desk]:
    """The desk without a gate: whoever needs an answer from there asks for `hotline`."""
    database = town.database
    parameters = database.database.parameters(Role.DESK)
    connections.settings["default"].update(
        NAME=database.name,
        HOST=parameters["host"],
        PORT=parameters["port"],
        USER=parameters["user"],
        PASSWORD=parameters["password"],
    )
    key_file = tmp_path / "desk-api-key"
    with override_settings(
        ROOT_URLCONF="werda.desk.urls",
        WERDA_GATE_SOCKET=tmp_path / "nobody-listens.sock",
        WERDA_GATE_KEY_FILE=key_file,
        WERDA_DATABASE=database.database,
        WERDA_DATABASE_ROLE=Role.DESK,
    ):
        yield Desk(town, key_file)
    connections.close_all()
    with database.connect() as owner:
        owner.execute(
            "truncate call, call_grant, call_note, attempt, agent, customer, django_session, django_cache, rate_limit"
            " cascade"
        )
        owner.execute("delete from budget where customer_id > 0")
        owner.execute("delete from credential where customer_id > 0")


@pytest.fixture
def hotline(desk: Desk, gate: Gate) -> Iterator[Hotline]:
    """The desk with its gate."""
    desk.key_file.write_text(gate.key)
    with override_settings(WERDA_GATE_SOCKET=gate.log.with_suffix(".sock")):
        yield Hotline(desk, gate)
