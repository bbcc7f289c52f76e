"""The log of attempts is tamper-evident: whatever somebody changes in it, `werda audit verify` names the place.

The columns come from the catalog, so a column that the hash leaves out fails here (design decision 5).
"""

import asyncio
import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.database import Cluster, TestDatabase, werda
from tests.engines import Desk, running_engine
from tests.people import ASSERTING, Town
from werda.audit.verify_lanes import Broken, Whole, verify_stored_lanes
from werda.core.audit import AttemptRow, EventRow, Log, attempt_line, event_line
from werda.core.call import Channel, Source

Row = tuple[Any, ...]

upgrade = importlib.import_module("werda.store.migrations.0013_row_hashes")  # a name no import statement can have


@pytest.fixture(scope="module")
def written(cluster: Cluster) -> Iterator[TestDatabase]:
    """Attempts of every sort in several lanes: batches of many, repeats in between, decoys, odd idempotency keys."""
    with cluster.copy("lanes") as database:
        asyncio.run(write(database))
        with database.connect() as owner:
            owner.execute("create table written_attempt as table attempt")
            owner.execute("create table written_batch as table attempt_batch")
        yield database


async def write(database: TestDatabase) -> None:
    town = Town(database)
    people = [town.person("0815", puks=("12345678",)) for _ in range(4)]
    for _ in range(2):  # a gate, and its successor with lanes of its own
        async with running_engine(database) as engine:
            desk = Desk(engine, town.brand)
            for turn in range(3):
                own = Source(people[0].line, asserted=True, trunk=ASSERTING, agent=7)
                idempotent = {"call_ref": f"c-{turn}", "api_key": 9, "idempotency_key": "50%|k\\"}
                await asyncio.gather(
                    *(desk.offer(person, "0815", call_ref=f"{person.id}-{turn}") for person in people),
                    desk.offer(people[1], "0816", **idempotent),
                    desk.offer(people[1], "0816", **(idempotent | {"call_ref": f"d-{turn}"})),
                    desk.offer(people[0], "12345678", source=own, channel=Channel.AGENT, call_ref=f"own-{turn}"),
                    desk.offer("+4917604099999", "4711", call_ref=f"unknown-{turn}"),
                )
                await asyncio.gather(  # a repeat takes a place in its batch and leaves no row
                    desk.offer(people[1], "0816", **idempotent),
                    desk.offer(people[2], "0815", call_ref=f"after-{turn}"),
                )


@pytest.fixture
def log(written: TestDatabase) -> Iterator[TestDatabase]:
    """The log as it was written; what a test forges is mended behind it."""
    yield written
    with written.connect() as owner:
        owner.execute("truncate attempt, attempt_batch, erased_record")
        owner.execute("insert into attempt table written_attempt")
        owner.execute("insert into attempt_batch table written_batch")


def check(database: TestDatabase) -> Whole | Broken:
    with database.connect() as owner:
        return verify_stored_lanes(owner)


def test_what_the_gates_wrote_is_whole(log: TestDatabase) -> None:
    found = check(log)
    assert isinstance(found, Whole)
    [(attempts, batches)] = log.rows("select (select count(*) from attempt), (select count(*) from attempt_batch)")
    [(lanes,)] = log.rows("select count(distinct id >> 32) from attempt")
    assert (found.attempts, found.batches, found.lanes) == (attempts, batches, lanes)
    assert lanes > 1
    assert batches < attempts, "no batch held several attempts"


def test_a_lane_has_no_gap(log: TestDatabase) -> None:
    rows = log.rows("select first_id, last_id from attempt_batch order by first_id")
    for (first, _), (_, end_before) in zip(rows[1:], rows, strict=False):
        assert first == end_before + 1 or first & 0xFFFFFFFF == 1
    assert rows[0][0] & 0xFFFFFFFF == 1


def test_python_and_sql_write_the_same_line(log: TestDatabase) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(AttemptRow))
    with log.connect() as owner:
        statement = sql.SQL("select attempt_line(a), {} from attempt a").format(columns)
        rows = owner.execute(statement).fetchall()
    assert any("%25" in line and "%7C" in line for line, *_ in rows)
    for line, *values in rows:
        assert attempt_line(AttemptRow(*values)) == line


@pytest.mark.parametrize(("table", "row"), [("attempt", AttemptRow), ("event", EventRow)])
def test_every_column_of_the_table_is_in_the_row(log: TestDatabase, table: str, row: type) -> None:
    stored = log.rows(f"select column_name from information_schema.columns where table_name = '{table}'")
    assert {name for (name,) in stored} == {field.name for field in fields(row)}


def test_python_and_sql_write_the_same_line_of_an_event(log: TestDatabase) -> None:
    with log.connect() as owner:
        owner.execute(
            "insert into event (at, kind, brand_id, actor, detail) values"
            " (clock_timestamp(), 'key:added', 0, '50%|operator', '{\"b\": \"ä|%\", \"a\": 1.50}')"
        )
        columns = ", ".join("detail::text" if each.name == "detail" else each.name for each in fields(EventRow))
        rows = owner.execute(f"select event_line(e), {columns} from event e").fetchall()
    assert len({values[-1] for _, *values in rows}) == len(rows) > 1, "two events have the same salt"
    for line, *values in rows:
        assert event_line(EventRow(*values)) == line


def test_the_upgrade_hashes_what_was_there_like_the_gate(log: TestDatabase) -> None:
    before = log.rows("table attempt_batch order by first_id")
    with log.connect() as owner:
        owner.execute("update attempt_batch set hash = sha256(hash)")
        owner.execute(upgrade.HASH_ANEW)
    assert log.rows("table attempt_batch order by first_id") == before


def other(value: object) -> list[object]:
    """Values that are not this one, the nearest first: a forger would not choose a far one."""
    match value:
        case None:
            return ["0", ""]  # PostgreSQL reads them as the column's type; one that it cannot read is left out
        case bool():
            return [not value]
        case int():
            return [value + 1, value + 1_000_000, None]
        case str():
            return [value + "0", None]
        case datetime():
            return [value + timedelta(microseconds=1)]
        case UUID():
            return [UUID(int=value.int ^ 1)]
        case bytes():
            return [bytes([value[0] ^ 1]) + value[1:], None]
    raise AssertionError(f"no other value known for {type(value).__name__}")


@pytest.mark.parametrize("column", [field.name for field in fields(AttemptRow) if field.name != "id"])
def test_a_changed_column_is_found(log: TestDatabase, column: str) -> None:
    """Also where a value becomes nothing, or nothing becomes a zero."""
    set_column = sql.SQL("update attempt set {} = %s where id = %s").format(sql.Identifier(column))
    victims = log.rows(f"select distinct on ({column}) id, {column} from attempt order by {column}, id desc")
    changed = 0
    with log.connect() as owner:
        for attempt_id, value in victims:
            for forged in other(value):
                try:
                    owner.execute(set_column, (forged, attempt_id))
                except (psycopg.IntegrityError, psycopg.DataError):  # no such row can stand in the table
                    continue
                found = verify_stored_lanes(owner)
                assert isinstance(found, Broken), f"{column}: {value!r} became {forged!r} unseen"
                assert found.attempt_id <= attempt_id
                assert found.lane == attempt_id >> 32
                owner.execute(set_column, (value, attempt_id))
                changed += 1
        assert isinstance(verify_stored_lanes(owner), Whole)
    assert changed


def middle(database: TestDatabase, statement: str) -> int:
    rows = database.rows(statement)
    number: int = rows[len(rows) // 2][0]
    return number


FORGERIES: dict[str, Callable[[psycopg.Connection[Row], int, int], object]] = {
    "an attempt is removed": lambda owner, attempt, _: owner.execute("delete from attempt where id = %s", (attempt,)),
    "an attempt gets another id": lambda owner, attempt, _: owner.execute(
        "update attempt set id = id + (1 << 20) where id = %s", (attempt,)
    ),
    "an attempt is slipped in": lambda owner, attempt, _: owner.execute(
        "insert into attempt select (jsonb_populate_record(a, jsonb_build_object('id', 1::bigint << 50,"
        " 'idempotency_key', null))).* from attempt a where id = %s",
        (attempt,),
    ),
    "a batch is removed": lambda owner, _, batch: owner.execute(
        "delete from attempt_batch where first_id = %s", (batch,)
    ),
    "a batch and its attempts are removed": lambda owner, _, batch: owner.execute(
        "with b as (delete from attempt_batch where first_id = %s returning *)"
        " delete from attempt using b where id between b.first_id and b.last_id",
        (batch,),
    ),
    "a batch ends elsewhere": lambda owner, _, batch: owner.execute(
        "update attempt_batch set last_id = last_id - 1 where first_id = %s", (batch,)
    ),
    "a hash is another": lambda owner, _, batch: owner.execute(
        "update attempt_batch set hash = sha256(hash) where first_id = %s", (batch,)
    ),
    "two rows change places": lambda owner, attempt, _: owner.execute(
        "update attempt a set (at, customer_id, outcome) = (b.at, b.customer_id, b.outcome) from attempt b"
        " where b.id >> 32 = a.id >> 32 and (a.id = %s and b.id <> a.id or a.id <> %s and b.id = %s)",
        (attempt, attempt, attempt),
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_found(log: TestDatabase, forgery: str) -> None:
    attempt = middle(log, "select id from attempt where idempotency_key is null and customer_id > 0 order by id")
    # The second of its lane, with one behind it: the end of a lane is what signed heads are for.
    batch = middle(
        log,
        "select first_id from (select first_id, lag(first_id) over w as before, lead(first_id) over w as after"
        " from attempt_batch window w as (partition by first_id >> 32 order by first_id)) b"
        " where before is not null and after is not null order by first_id",
    )
    with log.connect() as owner:
        FORGERIES[forgery](owner, attempt, batch)
    assert isinstance(check(log), Broken)


def test_of_an_erased_attempt_its_hash_is_enough(log: TestDatabase) -> None:
    """A9"""
    erase(log, "line_hash(attempt_line(a))")
    assert isinstance(check(log), Whole)


@pytest.mark.parametrize("kept", ["sha256(line_hash(attempt_line(a)))", "line_hash(event_line(null))"])
def test_erasing_with_another_hash_is_found(log: TestDatabase, kept: str) -> None:
    """A9"""
    erase(log, f"coalesce({kept}, ''::bytea)")
    assert isinstance(check(log), Broken)


def test_a_row_beside_its_own_hash_is_found(log: TestDatabase) -> None:
    with log.connect() as owner:
        owner.execute(
            "insert into erased_record select 1, id, line_hash(attempt_line(a)), now()"
            " from attempt a order by id limit 1"
        )
    assert isinstance(check(log), Broken)


def erase(database: TestDatabase, kept: str) -> None:
    with database.connect() as owner:
        owner.execute(
            "with a as (delete from attempt where idempotency_key is not null returning *)"
            f" insert into erased_record select {Log.ATTEMPTS.value}, a.id, {kept}, now() from a"
        )


def test_the_command_names_the_first_broken_row(log: TestDatabase) -> None:
    whole = werda("audit", "verify", environment=log.environment)
    assert (whole.returncode, whole.stderr) == (0, "")
    victim = middle(
        log, "select min(id) from attempt_batch join attempt on id between first_id and last_id group by first_id"
    )
    with log.connect() as owner:
        owner.execute("update attempt set level = 2 where id = %s", (victim,))
    broken = werda("audit", "verify", "--json", environment=log.environment)
    assert broken.returncode == 1
    answer = json.loads(broken.stdout)
    assert (answer["whole"], answer["attempt"], answer["lane"]) == (False, victim, victim >> 32)
    assert f"attempt {victim}" in werda("audit", "verify", environment=log.environment).stdout


def test_without_a_database_the_command_says_so(database: TestDatabase) -> None:
    nowhere = database.environment | {"WERDA_DATABASE_URL": "postgresql://nobody:none@127.0.0.1:1/none"}
    failed = werda("audit", "verify", environment=nowhere)
    assert failed.returncode == 2
    assert "the database does not answer" in failed.stderr
