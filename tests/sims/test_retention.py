"""What is erased when its time is over, and what stays of it (A9)."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.engines import Clock, Desk
from tests.people import Town
from tests.sealing import seal_now
from tests.sims.operator import Operator
from werda.audit.verify_lanes import Broken, Whole, verify_stored_lanes
from werda.core.method import Method
from werda.core.verdict import Refused, Verified
from werda.store.roles import Role
from werda.usecases import erase_due as erasing
from werda.usecases.erase_due import destroy_legacy, erase_due

LATER = timedelta(days=1_000)


def erase(operator: Operator, after: timedelta) -> dict[str, int]:
    """As the worker does it, so long after now; gives what is gone of the one brand."""
    seal_now(operator.town.database)
    with operator.town.database.connect(Role.CUSTODY) as custody:
        gone = erase_due(custody, actor="worker", now=operator.clock.now + after)
    return dict(gone.get(operator.town.brand, {}))


def check(operator: Operator) -> Whole | Broken:
    with operator.town.database.connect() as owner:
        return verify_stored_lanes(owner)


async def test_attempts_and_calls_go_when_their_time_is_over_and_the_chain_stays_whole(
    town: Town, operator: Operator, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A9"""
    monkeypatch.setattr(erasing, "CHUNK", 2)
    maren = town.person("0815")
    for _ in range(5):
        await desk.offer(maren, "0815")
    assert erase(operator, timedelta(days=364)) == {}
    before = check(operator)
    gone = erase(operator, LATER)
    assert (gone["attempts"], gone["calls"]) == (5, 5)
    assert operator.rows("select count(*) from attempt") == [(0,)]
    assert check(operator) == before
    assert erase(operator, LATER) == {}


async def test_a_forged_erasure_is_found(town: Town, operator: Operator, desk: Desk) -> None:
    """A9"""
    await desk.offer(town.person("0815"), "0815")
    erase(operator, LATER)
    operator.rows("update erased_record set hash = sha256(hash) where log = 1 returning 1")
    assert isinstance(check(operator), Broken)


async def test_a_spent_budget_stays_spent_when_its_attempts_are_erased(
    town: Town, operator: Operator, desk: Desk, clock: Clock
) -> None:
    """C1, A9"""
    maren = town.person("0815")
    for _ in range(3):
        await desk.offer(maren, maren.wrong)
        clock.now += timedelta(hours=1)
    erase(operator, LATER)
    assert operator.rows("select count(*) from attempt") == [(0,)]
    assert isinstance(await desk.offer(maren, "0815"), Refused)


async def test_what_is_young_stays_beside_what_is_old(town: Town, operator: Operator, desk: Desk, clock: Clock) -> None:
    maren = town.person("0815")
    await desk.offer(maren, "0815")
    clock.now += LATER
    assert isinstance(await desk.offer(maren, "0815"), Verified)
    assert erase(operator, timedelta(0))["attempts"] == 1
    assert operator.rows("select count(*) from attempt") == [(1,)]
    assert isinstance(check(operator), Whole)


def test_each_event_goes_in_its_time_and_leaves_its_hash(town: Town, operator: Operator) -> None:
    """A9"""
    operator.end_contract(town.person())
    hashes = operator.rows("select id, line_hash(event_line(e)) from event e where kind = 'contract:ended'")
    assert erase(operator, timedelta(days=1_460)) == {"system_events": 2}  # the town's policies are of long ago
    operator.rows("with gone as (delete from event where kind = 'record:expired' returning 1) select * from gone")
    operator.rows("with gone as (delete from erased_record returning 1) select * from gone")
    assert erase(operator, timedelta(days=1_462)) == {"contract_events": 1}
    assert operator.rows("select record_id, hash from erased_record where log = 2") == hashes
    events: list[tuple[Any, ...]] = operator.rows("select customer_id, detail from event where kind = 'record:expired'")
    assert events == [(None, {"erased": {"contract_events": 1}})]


def test_a_run_that_fails_tells_what_it_erased_and_the_next_goes_on(
    town: Town, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A9"""
    monkeypatch.setattr(erasing, "CHUNK", 1)
    ids = sorted(town.person().id for _ in range(3))
    for customer in ids:
        operator.rows(
            "insert into notice (brand_id, customer_id, kind, created_at)"
            " values (%s, %s, 'code_chosen', %s) returning 1",
            *(town.brand, customer, operator.clock.now),
        )
    with town.database.connect() as owner:
        owner.execute("create function refuse() returns trigger language plpgsql as $$ begin raise 'no disk'; end $$")
        owner.execute(
            "create trigger refuse before delete on notice for each row"
            f" when (old.customer_id = {ids[1]}) execute function refuse()".encode()
        )
        with pytest.raises(psycopg.errors.RaiseException):
            erase(operator, LATER)
        owner.execute("drop trigger refuse on notice")
    assert operator.rows("select detail -> 'erased' -> 'notices' from event where kind = 'record:expired'") == [(1,)]
    assert erase(operator, LATER)["notices"] == 2


def test_the_old_ways_verifiers_are_destroyed_at_their_end(town: Town, operator: Operator, clock: Clock) -> None:
    """A1, A9"""
    maren = town.person()
    operator.rows(
        "insert into credential (customer_id, person_id, method, sim_id, key_id, mac, until)"
        " values (%s, 0, %s, 0, 1, '\\x00112233445566778899aabbccddeeff', %s) returning 1",
        maren.id,
        Method.LEGACY,
        clock.now,
    )
    with town.database.connect(Role.CUSTODY) as custody:
        assert destroy_legacy(custody, actor="worker", now=clock.now - timedelta(microseconds=1)) == 0
        assert destroy_legacy(custody, actor="worker", now=clock.now) == 1
        assert destroy_legacy(custody, actor="worker", now=clock.now) == 0
    assert operator.rows("select method from credential where customer_id = %s", maren.id) == [(1,)]
    assert operator.rows("select detail from event where kind = 'secrets:destroyed'") == [
        ({"destroyed": {"legacy": 1}},)
    ]
