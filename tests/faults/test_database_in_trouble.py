"""The database is slow, full of others, or somewhere in time: nobody is let in, and all goes on when it is over.

Design decision 9: fail closed for access, fail open for service. What a caller hears then is tested where calls are.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.gates import Gate, running_gate
from tests.people import Person, Town
from tests.soon import soon
from werda.audit.verify_lanes import Whole, verify_stored_lanes
from werda.core.call import Source
from werda.core.verdict import Outcome, Refused, Verified
from werda.gate.lane import Unavailable
from werda.store.roles import Role

DEADLINE = 5.0
"""`server.gate.COMMAND_SECONDS`: no statement of the gate takes longer."""

Offer = Callable[[Person, str], httpx.Response]


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def gate(town: Town, tmp_path: Path) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path / "gate.log") as running:
        yield running


@pytest.fixture
def offer(gate: Gate) -> Offer:
    def post(who: Person, digits: str) -> httpx.Response:
        body = {"brand": "nordfunk", "line": who.line, "digits": digits, "call_id": f"call-{time.monotonic_ns()}"}
        with gate.client() as client:
            return client.post("/v1/verifications", json=body)

    return post


def is_back(offer: Offer, who: Person) -> None:
    """The right code counts again, soon."""
    deadline = time.monotonic() + 30
    while (answer := offer(who, who.code)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    assert answer.json()["result"] == "verified"


def test_a_database_that_is_too_slow_lets_nobody_in_and_is_waited_for(town: Town, offer: Offer) -> None:
    """Somebody holds a lock for longer than any caller waits: 503 within the deadline, and then all goes on."""
    maren = town.person("0815")
    assert offer(maren, "0815").status_code == 200
    with town.database.connect() as owner, owner.transaction(force_rollback=True):
        owner.execute("lock table budget in access exclusive mode")
        begun = time.monotonic()
        answer = offer(maren, "0815")
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        assert time.monotonic() - begun < DEADLINE + 10
    is_back(offer, maren)
    outcomes = town.database.rows("select distinct outcome from attempt")
    assert outcomes == [(Outcome.VERIFIED,)], "the attempt that was given up was counted as something else"


def test_without_a_free_connection_nobody_gets_in_and_the_gate_comes_back(town: Town, offer: Offer) -> None:
    """The gate's connections end, and others hold all there are: here by a limit of none."""
    maren = town.person("0815")
    assert offer(maren, "0815").status_code == 200
    with town.database.postgres.connect() as superuser:
        [(limit,)] = superuser.execute(
            "select rolconnlimit from pg_roles where rolname = %s", (Role.GATE.value,)
        ).fetchall()
        superuser.execute(f"alter role {Role.GATE.value} connection limit 0".encode())
        try:
            superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (Role.GATE.value,)
            )
            for _ in range(3):
                answer = offer(maren, "0815")
                assert answer.status_code == 503
                assert answer.json()["type"] == "urn:werda:problem:unavailable"
        finally:
            superuser.execute(f"alter role {Role.GATE.value} connection limit {limit}".encode())
    is_back(offer, maren)
    assert town.database.rows("select distinct outcome from attempt") == [(Outcome.VERIFIED,)]


async def test_a_commit_that_is_on_no_standby_is_no_answer(town: Town) -> None:
    """Design decision 1: PostgreSQL acknowledges it with a warning, and a failover would forget it."""
    maren = town.person("0815")
    with town.database.postgres.connect() as superuser:
        async with running_engine(town.database, lanes=1) as engine:
            desk = Desk(engine, town.brand)
            assert isinstance(await desk.offer(maren, "0815"), Verified)
            superuser.execute("alter system set synchronous_standby_names = 'ghost'")
            superuser.execute("select pg_reload_conf()")
            try:
                waiting = asyncio.create_task(desk.offer(maren, "0815"))
                assert await soon(lambda: cancelled_waits(superuser) > 0)
                with pytest.raises(Unavailable):
                    await waiting
            finally:
                superuser.execute("alter system reset synchronous_standby_names")
                superuser.execute("select pg_reload_conf()")
            assert await soon(lambda: engine.alive)
            assert isinstance(await desk.offer(maren, "0815"), Verified)
    with town.database.connect() as owner:
        assert isinstance(verify_stored_lanes(owner), Whole)
    assert len(town.database.rows("select distinct id >> 32 from attempt")) == 2, "the lane went on"


def cancelled_waits(superuser: psycopg.Connection[tuple[object, ...]]) -> int:
    """Give up the waits of gates for a standby; gives how many there were."""
    return len(
        superuser.execute(
            "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and usename = %s",
            (Role.GATE.value,),
        ).fetchall()
    )


async def test_a_clock_that_goes_back_shortens_no_wait_and_opens_no_lock(town: Town) -> None:
    """C4, C9: what was to be waited for is waited for, by the clock there is."""
    early, locked = town.person("0815"), town.person("0815")
    clock = Clock()
    noon = clock.now
    async with running_engine(town.database, clock, lanes=1) as engine:
        desk = Desk(engine, town.brand)

        async def outcome(who: Person, digits: str) -> Outcome:
            verdict = await desk.offer(who, digits, source=Source())
            if isinstance(verdict, Verified):
                return Outcome.VERIFIED
            assert isinstance(verdict, Refused)
            return verdict.outcome

        for _ in range(2):
            assert await outcome(early, early.wrong) is Outcome.WRONG
        for wait in (0, 0, 3_600):
            clock.now += timedelta(seconds=wait)
            assert await outcome(locked, locked.wrong) is Outcome.WRONG
        clock.now = noon - timedelta(hours=1)
        assert await outcome(early, "0815") is Outcome.TOO_EARLY
        assert await outcome(locked, "0815") is Outcome.LOCKED
        clock.now = noon + timedelta(seconds=31)
        assert await outcome(early, "0815") is Outcome.VERIFIED
        assert await outcome(locked, "0815") is Outcome.LOCKED
    with town.database.connect() as owner:
        assert isinstance(verify_stored_lanes(owner), Whole), "times that go back are no forgery"
