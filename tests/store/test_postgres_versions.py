"""The oldest PostgreSQL that is promised, as a server of the operator's own: reached through `WERDA_DATABASE_URL`.

The embedded server is 18; every other test runs on it. Here the same set-up, the same gate and the same row security
work on the distribution's server (15 on Debian 12), in a database that an administrator made, with an owner who is no
superuser.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

import pytest

from tests.database import TestDatabase, werda
from tests.gates import running_gate
from tests.parts import require
from tests.people import Town
from werda.audit.verify_lanes import Whole, verify_stored_lanes
from werda.store.postgres import EmbeddedPostgres, binaries
from werda.store.roles import Database, Role, make_embedded_database, passwords_in

OLDEST = 15


@pytest.fixture
def server() -> Iterator[TestDatabase]:
    """A running server of the distribution with an empty database; Werda's home beside it knows only the address."""
    programs = require("postgresql")
    assert programs != binaries()
    folder = Path(mkdtemp(prefix="werda-pg-"))
    home = folder / "home"
    postgres = EmbeddedPostgres(folder / "server", programs)
    try:
        with postgres.running():
            made_by_administrator = Database.embedded(postgres.socket_folder, passwords_in(home / "database.json"))
            with postgres.connect() as administrator:
                make_embedded_database(administrator, made_by_administrator)
            yield TestDatabase(replace(made_by_administrator, name="werda"), home, postgres)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_server_of_the_distribution_does_all_of_it(server: TestDatabase, tmp_path: Path) -> None:
    [(version,)] = server.rows("select current_setting('server_version_num')::int / 10000")
    assert version >= OLDEST
    assert "WERDA_DATABASE_URL" in server.environment
    assert quote(str(server.postgres.socket_folder), safe="") in server.environment["WERDA_DATABASE_URL"]

    made = werda("setup", environment=server.environment)
    assert made.returncode == 0, made.stderr
    assert not (server.home / "postgres").exists(), "an embedded server was made beside the named one"

    town = Town(server)
    maren, other = town.person("0815", puks=("12345678",)), town.person("4711")
    with running_gate(server, tmp_path / "gate.log") as gate, gate.client() as client:

        def offer(digits: str, call: str) -> str:
            body = {"brand": "nordfunk", "line": maren.line, "digits": digits, "call_id": call}
            return str(client.post("/v1/verifications", json=body).json()["result"])

        assert offer("0815", "right") == "verified"
        for number in range(3):  # C1; time is moved where it is kept, so that nobody waits for C4
            assert offer(maren.wrong, f"wrong-{number}") == "refused"
            with server.connect() as owner:
                owner.execute("update budget set not_before = null where customer_id = %s", (maren.id,))
        assert offer("0815", "locked") == "refused"
    outcomes = [outcome for (outcome,) in server.rows("select outcome from attempt order by at, id")]
    assert outcomes == [0, 1, 1, 1, 2]

    with server.connect() as owner:
        assert isinstance(verify_stored_lanes(owner), Whole)
        owner.execute(
            "insert into call_grant (secret_hash, call_id, agent_id, brand_id, customer_id, level, method, channel,"
            " legacy, created_at, expires_at) select sha256('living'), min(id), 1, %s, %s, 1, 1, 3, false, now(),"
            " now() + interval '1 minute' from call",
            (town.brand, maren.id),
        )
    with server.database.connect(Role.DESK) as desk:  # A4
        assert desk.execute("select id from customer").fetchall() == []
        desk.execute("select set_config('werda.grant', 'living', true), set_config('werda.agent', '1', true)")
        assert desk.execute("select id from customer").fetchall() == [(maren.id,)]
    assert other.id != maren.id

    again = werda("setup", environment=server.environment)
    assert again.returncode == 0, again.stderr
