"""Erasing a customer who left, and the copy of what is recorded about one (A8, A9; GDPR Art. 15 and 17)."""

import json
import stat
import subprocess
from pathlib import Path

from tests.canary.search import Search
from tests.database import werda
from tests.engines import Clock, Desk
from tests.people import Person, Town
from tests.sealing import seal_now
from tests.sims.operator import Operator
from werda.audit.verify_lanes import Whole, verify_stored_lanes
from werda.store.postgres import binaries
from werda.store.roles import Role
from werda.usecases.erase_customer import TABLES, Gone, Grounds, NotErasable, erase_customer

PUK = "58302917"


def erase(operator: Operator, person: Person, *, dry_run: bool = False) -> Gone | NotErasable:
    seal_now(operator.town.database)
    with operator.town.database.connect(Role.CUSTODY) as custody:
        return erase_customer(
            custody, operator.rings, brand_id=operator.town.brand, number=person.number,
            grounds=Grounds.NO_LONGER_NEEDED, actor="operator", now=operator.clock.now, dry_run=dry_run,
        )  # fmt: skip


def test_it_is_decided_what_happens_to_every_table_that_knows_customers(operator: Operator) -> None:
    """A9: a new table fails here until somebody decides."""
    tables = operator.rows(
        "select c.table_name from information_schema.columns c join information_schema.tables t using (table_name)"
        " where c.column_name = 'customer_id' and t.table_type = 'BASE TABLE' and t.table_schema = 'public'"
    )
    assert {table for (table,) in tables} == TABLES.keys()


def dump(town: Town) -> str:
    """The database as a backup would hold it."""
    program = binaries() / "pg_dump"
    return subprocess.run([program, town.database.url], capture_output=True, text=True, check=True).stdout


async def test_nothing_of_an_erased_customer_is_left_but_hashes(town: Town, operator: Operator, desk: Desk) -> None:
    """A9, B9"""
    maren, jonas = town.person("8305"), town.person("8305")
    sim = operator.active(maren, PUK)
    await desk.offer(maren, "8305")
    await desk.offer(maren, maren.wrong)
    await desk.offer(jonas, "8305")
    operator.end_contract(maren)
    secrets = operator.rows(
        "select encode(ciphertext, 'hex') from sealed_secret where customer_id = %s"
        " union all select encode(mac, 'hex') from credential where customer_id = %s",
        *(maren.id, maren.id),
    )
    assert len(secrets) == 3
    before = dump(town)
    assert all(secret in before for (secret,) in secrets)
    gone = erase(operator, maren)
    assert isinstance(gone, Gone)
    left = dump(town)
    assert not any(secret in left for (secret,) in secrets)
    assert (gone.attempts, gone.calls) == (2, 2)
    for table in TABLES.keys() - {"event", "budget", "operator_order", "call"}:
        assert operator.rows(f"select count(*) from {table} where customer_id = %s", maren.id) == [(0,)], table
    personal = Search({"line": maren.line, "number": maren.number, "iccid": sim.iccid, "mail": "maren1@example.org"})
    assert personal.in_tables(town.database) == []
    assert operator.rows("select kind, detail ->> 'grounds' from event where customer_id = %s", maren.id) == [
        ("customer:erased", "no-longer-needed")
    ]
    assert operator.rows("select holders from code_holders") == [(1,)]  # B3
    assert operator.rows("select count(*) from credential where customer_id = %s", jonas.id) == [(1,)]
    with town.database.connect() as owner:
        assert isinstance(verify_stored_lanes(owner), Whole)
    assert isinstance(erase(operator, maren), NotErasable)


async def test_a_grant_that_an_agent_still_holds_ends(town: Town, operator: Operator, desk: Desk) -> None:
    maren = town.person("0815")
    await desk.offer(maren, "0815")
    operator.rows(
        "insert into call_grant (secret_hash, call_id, agent_id, brand_id, customer_id, person_id, level, method,"
        " channel, legacy, created_at, expires_at) select sha256('a'), id, 7, brand_id, customer_id, 0, 1, 1, 1, false,"
        " now(), now() + interval '1 day' from call where customer_id = %s returning 1",
        maren.id,
    )
    operator.end_contract(maren)
    assert isinstance(erase(operator, maren), Gone)
    assert operator.rows("select count(*) from call_grant") == [(0,)]
    assert operator.rows("select state, level, calling_number from call") == [("ended", 0, "")]


def test_while_the_contract_goes_on_nothing_is_erased(town: Town, operator: Operator) -> None:
    maren = town.person()
    found = erase(operator, maren)
    assert isinstance(found, NotErasable)
    assert "werda contract end" in found.why


def test_a_dry_run_changes_nothing(town: Town, operator: Operator) -> None:
    maren = town.person()
    operator.end_contract(maren)
    assert isinstance(erase(operator, maren, dry_run=True), Gone)
    assert operator.rows("select count(*) from customer where id = %s", maren.id) == [(1,)]
    assert isinstance(erase(operator, maren), Gone)


def test_while_an_event_is_not_sealed_all_of_it_waits(town: Town, operator: Operator) -> None:
    """A9: a transaction that began before it could still bring an older event."""
    maren = town.person()
    with town.database.connect() as other, other.transaction():
        other.execute("select pg_current_xact_id()")
        operator.end_contract(maren)
        assert isinstance(erase(operator, maren), NotErasable)
        assert operator.rows("select count(*) from customer where id = %s", maren.id) == [(1,)]
    assert isinstance(erase(operator, maren), Gone)


async def test_the_commands_export_everything_but_secrets_and_erase(
    town: Town, operator: Operator, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    """A8, A9, B9"""
    maren = town.person("739164")
    operator.active(maren, PUK)
    await desk.offer(maren, PUK)
    operator.end_contract(maren)
    named = ("--brand", "nordfunk", "--number", maren.number)
    file = tmp_path / "maren.json"
    exported = werda("customer", "export", *named, str(file), environment=town.database.environment)
    assert (exported.returncode, exported.stderr) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text(encoding="utf-8"))
    assert [(a["method"], a["outcome"]) for a in content["attempts"]] == [("puk", "verified")]
    assert [e["kind"] for e in content["events"]] == ["sim:assigned", "sim:activated", "contract:ended"]
    assert Search({"code": "739164", "puk": PUK}).in_files(file) == []
    again = werda("customer", "export", *named, str(file), environment=town.database.environment)
    assert (again.returncode, "name a new file" in again.stderr) == (2, True)
    reason = ("--reason", "no-longer-needed", "--yes")
    early = werda("customer", "erase", *named, *reason, environment=town.database.environment)
    assert (early.returncode, "are not sealed" in early.stderr) == (1, True)
    seal_now(town.database)
    erased = werda("customer", "erase", *named, *reason, environment=town.database.environment)
    assert (erased.returncode, json.loads(erased.stdout)["attempts"]) == (0, 1)
    refused = werda("customer", "erase", *named, *reason, environment=town.database.environment)
    assert (refused.returncode, "erased already" in refused.stderr) == (1, True)
