"""Whoever changes what was recorded no longer fits what was signed, with whatever rights (design decision 5, A7, A9).

The columns come from the catalog, so one that the seal leaves out fails here.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.database import Cluster, TestDatabase, werda
from tests.engines import Clock, Desk, running_engine
from tests.people import AFTER_THE_DATE, Person, Town
from tests.sealing import notes_of, seal_now, signer_of
from werda.audit import verify_seal
from werda.audit.prove import prove
from werda.audit.verify_lanes import Broken, verify_lanes_at_hand
from werda.audit.verify_seal import Checked, verify_record
from werda.core.audit import FIRST_LINK, EventRow, Log, batch_hash, event_line, line_hash
from werda.core.checkpoint import FIRST, Checkpoint, Signed, leaf_of, read_notes
from werda.core.merkle import Frontier
from werda.keys import ring
from werda.keys.ring import RingName
from werda.keys.signer import Signer, verifies
from werda.store.roles import Role
from werda.usecases.seal_record import CounterWentBack

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_proof.py"
TABLES = ("event", "attempt", "attempt_batch", "event_batch", "event_seal", "seal_leaf", "sealed_checkpoint")


@pytest.fixture(scope="module")
def written(cluster: Cluster) -> Iterator[tuple[TestDatabase, Person, str]]:
    """A day's record, sealed in several goes, and the checkpoints as they were brought outside."""
    with cluster.copy("seal") as database:
        town = Town(database)
        people = [town.person("0815") for _ in range(3)]

        async def day() -> None:
            for n in range(4):
                async with running_engine(database, Clock()) as engine:
                    desk = Desk(engine, town.brand)
                    await asyncio.gather(*(desk.offer(p, "0815", call_ref=f"{n}-{p.id}") for p in people))
                with database.connect() as owner:
                    for person in people[: n + 1]:
                        owner.execute(
                            "insert into event (at, kind, brand_id, customer_id, actor, detail) values"
                            " (%s, 'grant:given', %s, %s, 'agent:7', '{\"level\": 1}')",
                            (AFTER_THE_DATE, town.brand, person.id),
                        )
                seal_now(database, AFTER_THE_DATE + timedelta(minutes=n))

        asyncio.run(day())
        with database.connect() as owner:
            for table in (*TABLES, "erased_record"):
                owner.execute(f"create table w_{table} as table {table}".encode())
        yield database, people[0], notes_of(database)


@pytest.fixture
def record(written: tuple[TestDatabase, Person, str]) -> Iterator[TestDatabase]:
    """The record as it was written; what a test forges is mended behind it."""
    database = written[0]
    yield database
    with database.connect() as owner:
        owner.execute(f"truncate {', '.join((*TABLES, 'erased_record'))}".encode())
        for table in (*TABLES, "erased_record"):
            owner.execute(f"insert into {table} overriding system value table w_{table}".encode())


@pytest.fixture
def outside(written: tuple[TestDatabase, Person, str]) -> list[Signed | None]:
    return read_notes(written[2])


def check(database: TestDatabase, outside: list[Signed | None] | None = None) -> Any:
    with database.connect() as owner:
        return verify_record(owner, signer_of(database).public_keys, verifies, outside or ())


def test_what_was_recorded_is_whole(record: TestDatabase, outside: list[Signed | None]) -> None:
    found = check(record, outside)
    assert isinstance(found, Checked)
    [(attempts, events, checkpoints)] = record.rows(
        "select (select count(*) from attempt), (select count(*) from event), (select count(*) from sealed_checkpoint)"
    )
    assert (found.attempts.attempts, found.events, found.checkpoints) == (attempts, events, checkpoints)
    assert (found.unsealed, found.erased, found.outside) == (0, 0, checkpoints)
    assert found.leaves > checkpoints >= 4


def other(value: object) -> list[object]:
    match value:
        case None:
            return ["0", ""]
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case str():
            return [value + "0", "key:added"]
        case dict():
            return [json.dumps(value | {"more": 1})]
        case datetime():
            return [value + timedelta(microseconds=1)]
        case UUID():
            return [UUID(int=value.int ^ 1)]
        case bytes():
            return [bytes([value[0] ^ 1]) + value[1:]]
    raise AssertionError(f"no other value known for {type(value).__name__}")


@pytest.mark.parametrize("table", [table for table in TABLES if not table.startswith("attempt")])
def test_every_changed_column_is_found(record: TestDatabase, table: str) -> None:
    columns = [
        name
        for (name,) in record.rows(
            f"select column_name from information_schema.columns where table_name = '{table}' order by 1"
        )
    ]
    assert columns
    for column in columns:
        with record.connect() as owner:
            rows = owner.execute(
                sql.SQL("select ctid, {} from {} order by 1 limit 3").format(
                    sql.Identifier(column), sql.Identifier(table)
                )
            ).fetchall()
            changed = 0
            for ctid, value in rows:
                for forged in other(value):
                    try:
                        with owner.transaction(force_rollback=True):
                            owner.execute(
                                sql.SQL("update {} set {} = %s where ctid = %s").format(
                                    sql.Identifier(table), sql.Identifier(column)
                                ),
                                (forged, ctid),
                            )
                            found = inside(owner, record)
                    except (psycopg.IntegrityError, psycopg.DataError):  # no such row can stand in the table
                        continue
                    assert not isinstance(found, Checked), f"{table}.{column}: {value!r} became {forged!r} unseen"
                    changed += 1
            assert changed, f"{table}.{column} could not be changed at all"


def inside(owner: psycopg.Connection[Any], record: TestDatabase) -> Any:
    """The check within a transaction that forged something."""
    believed = signer_of(record).public_keys
    lanes = verify_lanes_at_hand(owner)
    if isinstance(lanes, Broken):
        return lanes
    events = verify_seal._events(owner, lambda _: None)
    if isinstance(events, verify_seal.BrokenSeal):
        return events
    signers = verify_seal._signers(owner, believed, verifies, events.announced)
    tree = verify_seal._tree(owner, signers, ())
    return tree if isinstance(tree, verify_seal.BrokenSeal) else found_whole(lanes, events.count, tree.leaves)


def found_whole(lanes: Any, events: int, leaves: int) -> Checked:
    return Checked(lanes, events, 0, 0, leaves, 0, 0, (), (), ())


FORGERIES: dict[str, str] = {
    "an event is removed": "delete from event where id = (select min(id) + 1 from event)",
    "an event is removed with its seal": "with e as (delete from event where id = (select min(id) + 1 from event)"
    " returning id) delete from event_seal using e where event_id = e.id",
    "an event is slipped in": "insert into event (at, txid, kind, actor, detail)"
    " select at, txid, kind, actor, '{}' from event order by id limit 1",
    "two events change places": "update event e set (at, customer_id) = (f.at, f.customer_id) from event f"
    " where f.id in (1 + (select min(id) from event), 2 + (select min(id) from event)) and e.id <> f.id"
    " and e.id in (1 + (select min(id) from event), 2 + (select min(id) from event))",
    "an event is sealed elsewhere": "update event_seal set batch_id = batch_id + 1"
    " where event_id = (select min(event_id) from event_seal)",
    "a batch of events is removed": "delete from event_batch where id = 2",
    "a sealed batch of attempts is removed with its rows": "with b as (delete from attempt_batch where first_id ="
    " (select max(first_id) from attempt_batch) returning *)"
    " delete from attempt using b where id between b.first_id and b.last_id",
    "a leaf is removed": "delete from seal_leaf where leaf = 1",
    "the last leaf is removed": "delete from seal_leaf where leaf = (select max(leaf) from seal_leaf)",
    "a checkpoint is removed": "delete from sealed_checkpoint where size = (select min(size) from sealed_checkpoint)",
    "everything is removed but the checkpoints": "truncate event, event_batch, event_seal, attempt, attempt_batch,"
    " seal_leaf",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_found(record: TestDatabase, forgery: str) -> None:
    with record.connect() as owner:
        assert owner.execute(FORGERIES[forgery].encode()).rowcount != 0
    assert not isinstance(check(record), Checked)


def test_cutting_off_the_end_is_found_by_what_lies_outside(record: TestDatabase, outside: list[Signed | None]) -> None:
    """An administrator of the database removes the last go, its seals and its checkpoint: inside nothing is missing."""
    cut_off(record)
    assert isinstance(check(record), Checked)
    assert "was cut off here" in check(record, outside).reason
    assert isinstance(check(record, outside[:-1]), Checked)


def cut_off(record: TestDatabase) -> None:
    with record.connect() as owner:
        row = owner.execute("select size from sealed_checkpoint order by size desc limit 1 offset 1").fetchone()
        assert row is not None
        leaves = owner.execute("delete from seal_leaf where leaf >= %s returning log, batch", row).fetchall()
        owner.execute("delete from sealed_checkpoint where size > %s", row)
        for log, batch in leaves:
            if log == Log.EVENTS:
                owner.execute(
                    "delete from event where id in (select event_id from event_seal where batch_id = %s)", (batch,)
                )
                owner.execute("delete from event_seal where batch_id = %s", (batch,))
                owner.execute("delete from event_batch where id = %s", (batch,))
            else:
                owner.execute(
                    "with b as (delete from attempt_batch where first_id = %s returning *)"
                    " delete from attempt using b where id between b.first_id and b.last_id",
                    (batch,),
                )


def write_anew(record: TestDatabase, signer: Signer) -> None:
    """Change an event, and compute everything anew: chain, leaves, tree, checkpoints, signed with what one has."""
    with record.connect() as owner:
        owner.execute("update event set actor = 'agent:8' where id = (select min(id) from event)")
        link, frontier, previous = FIRST_LINK, Frontier(), FIRST
        for (batch,) in owner.execute("select id from event_batch order by id").fetchall():
            rows = owner.execute(
                "select id, at, txid, kind, brand_id, customer_id, call_id, actor, detail::text, salt from event"
                " where id in (select event_id from event_seal where batch_id = %s) order by id",
                (batch,),
            ).fetchall()
            link = batch_hash(link, (line_hash(event_line(EventRow(*row))) for row in rows))
            owner.execute("update event_batch set hash = %s where id = %s", (link, batch))
            leaf = leaf_of(Log.EVENTS, batch, link)
            owner.execute("update seal_leaf set hash = %s where log = 2 and batch = %s", (leaf, batch))
        leaves = [bytes(h) for (h,) in owner.execute("select hash from seal_leaf order by leaf").fetchall()]
        for size, at in owner.execute("select size, at from sealed_checkpoint order by size").fetchall():
            for leaf in leaves[frontier.size : size]:
                frontier.append(leaf)
            checkpoint = Checkpoint(size, frontier.root, at, previous)
            note = checkpoint.note(signer.public_key, signer.sign(checkpoint.text.encode()))
            previous = checkpoint.hash
            owner.execute(
                "update sealed_checkpoint set note = %s, frontier = %s where size = %s",
                (note, frontier.to_bytes(), size),
            )


def test_who_writes_everything_anew_has_not_the_key(record: TestDatabase, tmp_path: Path) -> None:
    ring.create(tmp_path / "keys", RingName.AUDIT)
    write_anew(record, Signer(ring.load(tmp_path / "keys", RingName.AUDIT)))
    assert "not signed with this key" in check(record).reason


def test_who_has_the_key_too_does_not_fit_what_lies_outside(record: TestDatabase, outside: list[Signed | None]) -> None:
    write_anew(record, signer_of(record))
    assert isinstance(check(record), Checked), "the forgery was clumsy"
    assert "is not what it signed" in check(record, outside).reason


def test_of_an_erased_event_its_hash_is_enough(record: TestDatabase, outside: list[Signed | None]) -> None:
    """A9"""
    with record.connect() as owner:
        [(brand,)] = owner.execute("select distinct brand_id from event where kind = 'grant:given'").fetchall()
        erased = owner.execute(
            "select o_erased from erase_events(%s, 'grant:given', '-infinity', %s, 2, now())",
            (brand, AFTER_THE_DATE + timedelta(days=1)),
        ).fetchone()
        assert erased == (2,)
    found = check(record, outside)
    assert isinstance(found, Checked)
    assert found.erased == 2
    with record.connect() as owner:
        owner.execute("update erased_record set hash = sha256(hash) where log = 2")
    assert not isinstance(check(record), Checked)


def test_an_event_is_sealed_once_nothing_as_old_can_appear_any_more(database: TestDatabase) -> None:
    """The slow transaction began first, has the lower id, and commits last."""
    insert = "insert into event (at, kind, actor, detail) values (now(), 'key:added', 'operator', '{}') returning id"
    seal_now(database)
    with database.connect(), database.database.connect(Role.OWNER) as slow, database.connect() as quick:
        [(early,)] = slow.execute(insert).fetchall()
        [(late,)] = quick.execute(insert).fetchall()
        quick.commit()
        seal_now(database)
        assert sealed(database) & {early, late} == set()
        slow.commit()
    seal_now(database)
    assert sealed(database) >= {early, late}
    assert isinstance(check(database), Checked)


def sealed(database: TestDatabase) -> set[int]:
    return {event for (event,) in database.rows("select event_id from event_seal")}


def test_when_nothing_is_new_there_is_no_checkpoint_and_of_two_workers_one_seals(database: TestDatabase) -> None:
    seal_now(database)
    before = notes_of(database)
    seal_now(database)
    assert notes_of(database) == before
    with database.connect() as owner:
        owner.execute("insert into event (at, kind, actor, detail) values (now(), 'key:added', 'operator', '{}')")
    with database.database.connect(Role.CUSTODY) as other_worker:
        other_worker.execute("select pg_advisory_xact_lock(hashtextextended('werda:seal', 0))")
        seal_now(database)
        assert notes_of(database) == before
    seal_now(database)
    assert len(read_notes(notes_of(database))) == len(read_notes(before)) + 1


def test_a_transaction_counter_that_went_back_is_told(database: TestDatabase) -> None:
    """A restore from a dump counts anew: sealing refuses and says what to do."""
    seal_now(database)
    with database.connect() as owner:
        owner.execute("update event_batch set to_txid = to_txid + 1000000 where id = (select max(id) from event_batch)")
    with pytest.raises(CounterWentBack, match="werda audit resume"):
        seal_now(database)


def run_script(proof: Path, key: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(proof), key], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_customers_proof_holds_by_itself(
    written: tuple[TestDatabase, Person, str], record: TestDatabase, tmp_path: Path
) -> None:
    """A8: with a script of sixty lines, and nothing of ours."""
    person = written[1]
    proof, environment = tmp_path / "proof.json", record.environment
    done = werda(
        "audit", "prove", "--brand", "nordfunk", "--customer", person.number, str(proof), environment=environment
    )
    assert (done.returncode, done.stderr) == (0, "8 records are proved, 0 are not sealed yet\n")
    key = werda("audit", "key", environment=environment).stdout.strip()
    good = run_script(proof, key)
    assert good.returncode == 0, good.stderr
    assert good.stdout.startswith("8 records are in the record that was signed at 2026-06-01T10:03:00")
    content = json.loads(proof.read_text())
    assert len({record_["line"] for record_ in content["records"]}) == 8
    tampered: dict[str, Callable[[Any], object]] = {
        "its batch": lambda c: c["records"][0].update(line=c["records"][0]["line"] + "0"),
        "the signed root": lambda c: c["records"][-1].update(batch=c["records"][-1]["batch"] + 1),
        "not signed": lambda c: c.update(checkpoint=c["checkpoint"].replace("10:03:00", "10:03:01")),
    }
    for told, change in tampered.items():
        forged = json.loads(proof.read_text())
        change(forged)
        file = tmp_path / "forged.json"
        file.write_text(json.dumps(forged))
        bad = run_script(file, key)
        assert bad.returncode == 1, told
        assert told in bad.stderr
    assert lines_of_code(SCRIPT) <= 60
    again = werda(
        "audit", "prove", "--brand", "nordfunk", "--customer", person.number, str(proof), environment=environment
    )
    assert again.returncode == 2
    assert "name a new file" in again.stderr


def lines_of_code(script: Path) -> int:
    """Without the opening docstring and empty lines."""
    code = script.read_text().split('"""', 2)[2]
    return sum(bool(line.strip()) for line in code.splitlines())


def test_of_erased_neighbours_the_proof_needs_their_hashes_only(
    written: tuple[TestDatabase, Person, str], record: TestDatabase
) -> None:
    """A9"""
    person = written[1]
    with record.connect() as owner:
        before = prove(owner, person.id)
        owner.execute(
            "with a as (delete from attempt where customer_id <> %s returning *) insert into erased_record"
            " select 1, a.id, line_hash(attempt_line(a)), now() from a",
            (person.id,),
        )
        owner.commit()
        assert prove(owner, person.id) == before


def test_the_command_believes_a_key_from_outside_and_names_the_place(
    written: tuple[TestDatabase, Person, str], record: TestDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "checkpoints"
    file.write_text(written[2])
    environment = record.environment
    key = werda("audit", "key", environment=environment).stdout.strip()
    outside = ("--checkpoints", str(file), "--public-key", key)
    whole = werda("audit", "verify", "--json", *outside, environment=environment)
    assert whole.returncode == 0, whole.stderr
    assert json.loads(whole.stdout)["outside"] == len(read_notes(written[2]))
    cut_off(record)
    broken = werda("audit", "verify", "--json", *outside, environment=environment)
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["place"].startswith("leaf ")
    for bad, told in ((("--public-key", "x"), "44 characters"), (("--checkpoints", str(SCRIPT)), "damaged")):
        refused = werda("audit", "verify", *bad, environment=environment)
        assert refused.returncode in {1, 2}
        assert told in refused.stdout + refused.stderr


def test_every_event_column_is_in_its_line() -> None:
    row = EventRow(1, AFTER_THE_DATE, 2, "a:b", 3, 4, 5, "x", "{}", UUID(int=6))
    others: dict[str, Any] = {
        "at": AFTER_THE_DATE + timedelta(microseconds=1),
        "kind": "a:c",
        "actor": "y",
        "detail": "[]",
        "salt": UUID(int=7),
    }
    lines = {event_line(replace(row, **{field.name: others.get(field.name, 9)})) for field in fields(EventRow)}
    assert len(lines | {event_line(row)}) == len(fields(EventRow)) + 1
