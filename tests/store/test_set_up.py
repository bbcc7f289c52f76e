"""The database refuses what a role must not do, and set-up is safe to repeat."""

import subprocess
import sys

import psycopg
import pytest

from tests.database import TestDatabase, werda
from werda.store.roles import Role


def test_set_up_twice_changes_nothing(database: TestDatabase) -> None:
    before = database.rows("select ring, key_id, value from key_canary order by 1, 2")
    again = werda("setup", environment=database.environment)
    assert again.returncode == 0, again.stderr
    assert database.rows("select ring, key_id, value from key_canary order by 1, 2") == before


@pytest.mark.parametrize("role", [Role.DESK, Role.CUSTODY, Role.OWNER])
def test_the_gates_password_opens_no_other_role(database: TestDatabase, role: Role) -> None:
    parameters = database.database.parameters(Role.GATE) | {"user": role.value}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**parameters, dbname=database.name)


def test_the_gate_reads_no_table_at_all(database: TestDatabase) -> None:
    """B5, design decision 4: a role that may execute, not read."""
    tables = [row[0] for row in database.rows("select tablename from pg_tables where schemaname = 'public'")]
    assert len(tables) > 20
    with database.connect(Role.GATE) as gate:
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                gate.execute(f'select 1 from "{table}"'.encode())


@pytest.mark.parametrize("table", ["credential", "sealed_secret", "budget", "key_canary", "api_key", "call"])
def test_the_desk_reads_no_secret_sealed_or_keyed(database: TestDatabase, table: str) -> None:
    with database.connect(Role.DESK) as desk, pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.execute(f'select 1 from "{table}"'.encode())


def test_the_tables_are_those_of_the_models(database: TestDatabase) -> None:
    """A change of a model without its migration would only show on somebody's server."""
    script = (
        "import sys; from werda.server.settings import Settings; from werda.server.wiring import Installation\n"
        "from werda.store.roles import Role; from django.core.management import call_command\n"
        "settings = Settings.from_environment(); Installation(settings, settings.database).set_up_django(Role.OWNER)\n"
        "call_command('makemigrations', 'store', check_changes=True, dry_run=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=database.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
