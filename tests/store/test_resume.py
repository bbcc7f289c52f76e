"""The record goes on after a restore from pg_dump: checked first, the gap named and signed (design decision 14).

The dump and the restore are PostgreSQL's own, into a server that counts its transactions from the beginning.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.database import Cluster, TestDatabase, werda
from tests.people import Town
from tests.sealing import notes_of, seal_now, signer_of
from werda.audit.verify_seal import BrokenSeal, Checked, verify_record
from werda.core.checkpoint import Signed, read_notes
from werda.keys.signer import verifies
from werda.server.worker import Sealing
from werda.store.postgres import SUPERUSER, EmbeddedPostgres, binaries
from werda.store.roles import Role, make_embedded_database, make_roles
from werda.usecases.seal_record import CounterWentBack

EVENT = "insert into event (at, kind, actor, detail) values (%s, 'grant:given', 'agent:7', '{}')"
BEGAN = datetime(2026, 6, 1, 10, tzinfo=UTC)


def happens(database: TestDatabase, at: datetime, *, sealed: bool = True) -> None:
    with database.connect() as owner:
        owner.execute(EVENT, (at,))
    if sealed:
        seal_now(database, at)


def much_happens(database: TestDatabase) -> None:
    """So many transactions that a new server does not come up to them in this test."""
    with database.connect() as owner:
        owner.execute("do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$")


def came_up(database: TestDatabase) -> bool:
    """Whether the counter is past everything that was sealed before the restore."""
    [(passed,)] = database.rows("select pg_current_xact_id()::text::bigint > max(to_txid) from event_batch")
    return bool(passed)


def program(name: str, postgres: EmbeddedPostgres, *arguments: str, database: str) -> None:
    environment = {**os.environ, "PGPASSWORD": postgres.password.reveal(), "PGHOST": str(postgres.socket_folder)}
    command = [str(binaries() / name), "-U", SUPERUSER, "-d", database, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def restored_once(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestDatabase, str]]:
    """A server with what a backup held, and the checkpoints outside, two of which are newer."""
    home = tmp_path_factory.mktemp("new")
    dump = home / "werda.dump"
    with cluster.copy("before_the_restore") as old:
        Town(old)
        much_happens(old)
        for minutes in range(3):
            happens(old, BEGAN + timedelta(minutes=minutes))
        happens(old, BEGAN + timedelta(minutes=2, seconds=30), sealed=False)
        program("pg_dump", old.postgres, "-Fc", "-f", str(dump), database=old.name)
        for minutes in (3, 4):
            happens(old, BEGAN + timedelta(minutes=minutes))
        outside = notes_of(old)
    server = EmbeddedPostgres(home / "postgres")
    with server.running():
        database = replace(cluster.database, hosts=((str(server.socket_folder), 5432),))
        with server.connect() as superuser:
            make_embedded_database(superuser, database)
        with replace(database, name="werda").connect(Role.OWNER, autocommit=True) as owner:
            make_roles(owner, database.passwords, Role.GATE, Role.DESK, Role.CUSTODY, Role.SIGNUP, Role.PORTAL)
        program("pg_restore", server, str(dump), database="werda")
        yield TestDatabase(replace(database, name="werda"), cluster.home, server), outside


@pytest.fixture
def restored(restored_once: tuple[TestDatabase, str], tmp_path: Path) -> tuple[TestDatabase, Path]:
    """The restored database for one test, and the file of checkpoints from outside."""
    database, notes = restored_once
    file = tmp_path / "checkpoints"
    file.write_text(notes)
    with database.postgres.connect() as superuser:
        superuser.execute("drop database if exists of_a_test with (force)")
        superuser.execute("create database of_a_test template werda owner werda_owner")
    return replace(database, database=replace(database.database, name="of_a_test")), file


def audit(database: TestDatabase, *arguments: str, say: str = "") -> tuple[int, str]:
    done = werda("audit", *arguments, environment=database.environment, input=say)
    return done.returncode, done.stdout + done.stderr


def check(database: TestDatabase, outside: list[Signed | None]) -> object:
    with database.connect() as owner:
        return verify_record(owner, signer_of(database).public_keys, verifies, outside)


def test_sealing_stops_after_a_restore_from_a_dump_and_says_what_to_do(restored: tuple[TestDatabase, Path]) -> None:
    database, _ = restored
    with pytest.raises(CounterWentBack, match="werda audit resume"):
        seal_now(database)
    assert "run `werda audit resume`" in audit(database, "status")[1]


def test_the_worker_says_it_once_a_minute_and_goes_on(
    restored: tuple[TestDatabase, Path], caplog: pytest.LogCaptureFixture
) -> None:
    database, _ = restored
    it: Any = SimpleNamespace(signer=lambda: signer_of(database))
    sealing = Sealing(it)
    with database.connect(Role.CUSTODY) as worker:
        for _ in range(3):
            assert sealing.seal(worker) is False
    [line] = [record.getMessage() for record in caplog.records]
    assert "run `werda audit resume`" in line


def test_the_operator_is_told_what_is_missing_and_may_stop(restored: tuple[TestDatabase, Path]) -> None:
    database, file = restored
    happens(database, BEGAN + timedelta(hours=1), sealed=False)
    status, words = audit(database, "resume", "--checkpoints", str(file), say="stop\n")
    assert status == 1
    assert re.search(r"whole up to its last checkpoint, of 2026-06-01 10:02:00 UTC: \d+ batches", words)
    assert "Missing: 2 batches, recorded between 2026-06-01 10:02:00 UTC and 2026-06-01 10:04:00 UTC" in words
    assert "1 events were recorded since the restore" in words
    assert "nothing was changed" in words
    with pytest.raises(CounterWentBack):
        seal_now(database)


def test_sealing_goes_on_and_everything_is_checked_also_against_what_lies_outside(
    restored: tuple[TestDatabase, Path],
) -> None:
    """What was recorded before the backup, between the restore and the command, and after it; the gap stays told."""
    database, file = restored
    happens(database, BEGAN + timedelta(hours=1), sealed=False)
    status, words = audit(database, "resume", "--checkpoints", str(file), say="go-on\n")
    assert (status, "sealing goes on: the next checkpoint covers" in words) == (0, True), words
    happens(database, datetime.now(UTC))
    found = check(database, read_notes(file.read_text() + notes_of(database)))
    assert isinstance(found, Checked), found
    assert (found.unsealed, len(found.missing), len(found.resumed)) == (0, 2, 1)
    status, words = audit(database, "verify", "--checkpoints", str(file))
    assert status == 0, words
    assert re.search(
        r"lost behind checkpoint \d+ of 2026-06-01 10:02:00 UTC: 2 batches of up to 2026-06-01 10:04:00", words
    )
    shown = json.loads(audit(database, "verify", "--json", "--checkpoints", str(file))[1])
    assert (shown["whole"], shown["missing"], shown["resumed"][0]["known_at"][:16]) == (True, 2, "2026-06-01T10:04")
    [(actor, detail)] = database.rows("select actor, detail from event where kind = 'record:resumed'")
    assert (actor.startswith("operator:"), detail["events_since"]) == (True, 1)
    assert audit(database, "resume")[1].startswith("sealing goes on by itself")


def test_counting_goes_on_through_a_set_up_and_another_restore(restored: tuple[TestDatabase, Path]) -> None:
    database, file = restored
    assert audit(database, "resume", "--checkpoints", str(file), "--yes")[0] == 0
    assert werda("setup", environment=database.environment).returncode == 0
    happens(database, datetime.now(UTC))
    with database.connect() as owner:
        owner.execute("update event_batch set to_txid = to_txid + 9000000 where id = (select max(id) from event_batch)")
    with pytest.raises(CounterWentBack):
        seal_now(database)
    assert audit(database, "resume", "--yes")[0] == 0
    happens(database, datetime.now(UTC))
    found = check(database, read_notes(file.read_text()))
    assert isinstance(found, Checked), found
    assert (found.unsealed, len(found.resumed)) == (0, 2)


def test_without_checkpoints_from_outside_nobody_can_say_how_much_is_missing(
    restored: tuple[TestDatabase, Path],
) -> None:
    database, file = restored
    status, words = audit(database, "resume", "--yes")
    assert status == 0
    assert (
        "Missing: whatever was recorded after 2026-06-01 10:02:00 UTC; no checkpoints from outside were given" in words
    )
    late = check(database, read_notes(file.read_text()))
    assert isinstance(late, BrokenSeal), "a gap that was not named is not excused"


def test_the_file_that_the_worker_writes_is_read_by_itself(restored: tuple[TestDatabase, Path]) -> None:
    database, file = restored
    done = werda("audit", "resume", "--yes", environment={**database.environment, "WERDA_AUDIT_FILE": str(file)})
    assert "Missing: 2 batches" in done.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "update event set actor = 'agent:8' where id = (select min(event_id) from event_seal)",
            "is not as it was sealed",
        ),
        (
            "insert into event (at, txid, kind, actor, detail) values ('2026-06-01', 4, 'grant:given', 'x', '{}')",
            "slipped",
        ),
    ],
)
def test_what_was_changed_before_is_not_resumed(restored: tuple[TestDatabase, Path], change: str, told: str) -> None:
    database, file = restored
    with database.connect() as owner:
        owner.execute(change.encode())
    status, words = audit(database, "resume", "--checkpoints", str(file), "--yes")
    assert (status, "what was restored is not as it was recorded" in words, told in words) == (1, True, True), words
    assert database.rows("select count(*) from event where kind = 'record:resumed'") == [(0,)]


def test_a_gap_that_somebody_wrote_without_the_key_excuses_nothing(restored: tuple[TestDatabase, Path]) -> None:
    """Whoever administers the database cannot pass a record that they cut off for one that was restored."""
    database, file = restored
    assert audit(database, "resume", "--checkpoints", str(file), "--yes")[0] == 0
    with database.connect() as owner:
        for statement in (
            "create table said as select detail from event where kind = 'record:resumed'",
            "delete from event using event_seal where event_id = id and batch_id = (select max(id) from event_batch)",
            "delete from event_seal where batch_id = (select max(id) from event_batch)",
            "delete from event_batch where id = (select max(id) from event_batch)",
            "delete from sealed_checkpoint where size = (select max(size) from sealed_checkpoint)",
            "delete from seal_leaf where leaf >= (select max(size) from sealed_checkpoint)",
            """insert into event (at, kind, actor, detail)
               select now(), 'record:resumed', 'operator:root', detail || '{"kept": 1}' from said""",
        ):
            assert owner.execute(statement.encode()).rowcount > 0
    seal_now(database, datetime.now(UTC))
    found = check(database, read_notes(file.read_text()))
    assert isinstance(found, BrokenSeal)


def test_a_counter_that_came_up_to_the_old_one_meanwhile_is_still_noticed(restored: tuple[TestDatabase, Path]) -> None:
    """Nobody resumed for so long: else what was written meanwhile would never be sealed."""
    database, _ = restored
    happens(database, BEGAN + timedelta(hours=1), sealed=False)
    while not came_up(database):  # the old server's counter stands where the tests before this one brought it
        much_happens(database)
    happens(database, BEGAN + timedelta(hours=2), sealed=False)
    with pytest.raises(CounterWentBack):
        seal_now(database)
    assert audit(database, "resume", "--yes")[0] == 0
    seal_now(database, datetime.now(UTC))
    found = check(database, [])
    assert isinstance(found, Checked), found
    assert found.unsealed == 0
