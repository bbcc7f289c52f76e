"""What counts, for whom, and how often: the engine on a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.people import AFTER_THE_DATE, ASSERTING, Town
from werda.core.call import Channel, Source
from werda.core.level import Level
from werda.core.method import Method
from werda.core.verdict import Next, Outcome, Refused, Verified
from werda.gate.engine import Conflict


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(town: Town, clock: Clock) -> AsyncIterator[Desk]:
    async with running_engine(town.database, clock) as engine:
        yield Desk(engine, town.brand)


async def test_the_customer_code_verifies_at_level_1(town: Town, desk: Desk) -> None:
    maren = town.person("0815")
    verdict = await desk.offer(maren, "0815")
    assert isinstance(verdict, Verified)
    assert (verdict.level, verdict.method, verdict.legacy) == (Level.VERIFIED, Method.CUSTOMER_CODE, False)
    assert verdict.customer_id == maren.id
    assert verdict.line_id is None


async def test_a_customer_number_identifies_as_well_as_a_line(town: Town, desk: Desk) -> None:
    maren = town.person("0815")
    assert isinstance(await desk.offer(maren.number, "0815"), Verified)


async def test_any_active_sim_of_the_customer_gives_its_puk(town: Town, desk: Desk) -> None:
    """B7"""
    maren = town.person(puks=("12345678", "87654321"))
    for puk in ("12345678", "87654321"):
        verdict = await desk.offer(maren, puk)
        assert isinstance(verdict, Verified)
        assert verdict.method is Method.PUK


@pytest.mark.parametrize("status", ["stock", "shipped", "blocked", "replaced", "ended"])
async def test_a_puk_counts_for_active_sims_only(town: Town, desk: Desk, status: str) -> None:
    """B7"""
    maren = town.person()
    town.sim(maren, "12345678", status=status)
    assert isinstance(await desk.offer(maren, "12345678"), Refused)


async def test_a_secondary_sims_puk_counts_for_its_line_only(town: Town, desk: Desk) -> None:
    """B7"""
    maren = town.person()
    town.sim(maren, "12345678", role="secondary")
    verdict = await desk.offer(maren, "12345678")
    assert isinstance(verdict, Verified)
    assert verdict.line_id == maren.line_id


async def test_nobody_elses_puk_counts(town: Town, desk: Desk) -> None:
    """B7"""
    maren, other = town.person(), town.person(puks=("12345678",))
    assert isinstance(await desk.offer(maren, "12345678"), Refused)
    assert isinstance(await desk.offer(other, "12345678"), Verified)


async def test_third_wrong_code_locks_hotline_authentication(town: Town, desk: Desk, clock: Clock) -> None:
    """C1"""
    maren = town.person("0815")
    for _ in range(3):
        assert isinstance(await desk.offer(maren, maren.wrong), Refused)
        clock.now += timedelta(hours=1)
    verdict = await desk.offer(maren, "0815")
    assert isinstance(verdict, Refused)
    assert verdict.outcome is Outcome.LOCKED


async def test_code_and_puk_share_one_budget(town: Town, desk: Desk, clock: Clock) -> None:
    """C2"""
    maren = town.person("0815", puks=("12345678",))
    for digits in (maren.wrong, "11111111", maren.wrong):
        await desk.offer(maren, digits)
        clock.now += timedelta(hours=1)
    verdict = await desk.offer(maren, "12345678")
    assert isinstance(verdict, Refused)
    assert verdict.outcome is Outcome.LOCKED


async def test_a_locked_stranger_budget_leaves_the_own_line_open(town: Town, desk: Desk, clock: Clock) -> None:
    """C3"""
    maren = town.person("0815")
    for _ in range(3):
        await desk.offer(maren, maren.wrong)
        clock.now += timedelta(hours=1)
    own = Source(calling_number=maren.line, asserted=True, trunk=ASSERTING)
    assert isinstance(await desk.offer(maren, "0815", source=own), Verified)
    unasserted = Source(calling_number=maren.line, asserted=False, trunk="carrier")
    assert isinstance(await desk.offer(maren, "0815", source=unasserted), Refused)


async def test_after_the_second_failure_an_early_attempt_is_neither_evaluated_nor_counted(
    town: Town, desk: Desk, clock: Clock
) -> None:
    """C4"""
    maren = town.person("0815")
    await desk.offer(maren, maren.wrong)
    await desk.offer(maren, maren.wrong)
    early = await desk.offer(maren, "0815")
    assert isinstance(early, Refused)
    assert early.outcome is Outcome.TOO_EARLY
    clock.now += timedelta(seconds=30)
    assert isinstance(await desk.offer(maren, "0815"), Verified)


async def test_a_lock_is_not_prolonged_by_further_failures(town: Town, desk: Desk, clock: Clock) -> None:
    """C9"""
    maren = town.person()
    for _ in range(3):
        await desk.offer(maren, maren.wrong)
        clock.now += timedelta(hours=1)
    before = town.database.rows("select failures, not_before from budget where customer_id = %s", maren.id)
    await desk.offer(maren, maren.wrong)
    assert town.database.rows("select failures, not_before from budget where customer_id = %s", maren.id) == before


async def test_an_unknown_number_goes_over_a_decoy_row(town: Town, desk: Desk) -> None:
    """C7, C9"""
    verdict = await desk.offer("+4917604099999", "1234")
    assert isinstance(verdict, Refused)
    assert verdict.outcome is Outcome.UNKNOWN
    [(customer, calling)] = town.database.rows("select customer_id, calling_number from attempt")
    assert customer < 0
    assert calling == "+4930231259"


async def test_next_depends_on_the_tries_of_this_call_only(town: Town, desk: Desk, clock: Clock) -> None:
    """C7: unknown, locked, too early and wrong are told the same."""
    locked, maren = town.person(), town.person()
    for _ in range(3):
        await desk.offer(locked, locked.wrong)
        clock.now += timedelta(hours=1)
    for who in (locked, maren, "+4917604099999"):
        digits = "9999" if isinstance(who, str) else who.wrong
        call = f"third-party-{who if isinstance(who, str) else who.id}"
        first = await desk.offer(who, digits, call_ref=call)
        second = await desk.offer(who, digits, call_ref=call, channel=Channel.AGENT)
        assert isinstance(first, Refused)
        assert isinstance(second, Refused)
        assert (first.next, second.next) == (Next.RETRY, Next.AGENT)


@pytest.mark.parametrize("digits", ["123", "12345", "1234567", "123456789", "00000000000"])
async def test_digits_that_fit_no_method_are_refused_uncounted(town: Town, desk: Desk, digits: str) -> None:
    maren = town.person()
    verdict = await desk.offer(maren, digits)
    assert isinstance(verdict, Refused)
    assert verdict.outcome is Outcome.NOT_ACCEPTED
    assert town.database.rows("select max(failures) from budget where customer_id = %s", maren.id) == [(0,)]


async def test_an_idempotency_key_gives_the_same_answer_and_counts_once(town: Town, desk: Desk) -> None:
    maren = town.person("0815")
    again = {"call_ref": "one", "idempotency_key": "k1", "api_key": 7}
    first = await desk.offer(maren, "0815", **again)
    assert isinstance(first, Verified)
    second = await desk.offer(maren, "0815", **again)
    assert isinstance(second, Verified)
    assert (second.attempt_id, second.token, second.expires_at) == (first.attempt_id, first.token, first.expires_at)
    assert await desk.offer(maren, "0816", **again) == Conflict()
    assert await desk.offer(town.person(), "0815", **again) == Conflict()
    assert town.database.rows("select count(*), max(tries) from attempt") == [(1, 1)]
    other_call = await desk.offer(maren, "0816", **(again | {"call_ref": "two"}))
    assert isinstance(other_call, Refused)


async def test_the_same_idempotency_key_at_once_counts_once(town: Town, desk: Desk) -> None:
    import asyncio

    maren = town.person("0815")
    same = {"call_ref": "one", "idempotency_key": "k1", "api_key": 7}
    verdicts = await asyncio.gather(*(desk.offer(maren, maren.wrong, **same) for _ in range(20)))
    assert {v.attempt_id for v in verdicts if isinstance(v, Refused)} == {
        row[0] for row in town.database.rows("select id from attempt")
    }
    assert town.database.rows("select sum(failures) from budget where customer_id = %s", maren.id) == [(1,)]


async def test_the_policy_switches_to_the_second(town: Town, desk: Desk, clock: Clock) -> None:
    """S2, A1: what counts is asked at the time of the attempt."""
    from werda.gate.rulebook import Ruling

    def ruling(at: datetime) -> Ruling:
        from werda.core.secret import Secret

        return desk.engine.rulebook.rule(town.brand, Channel.AGENT, Secret("x"), legacy=True, now=at)

    midnight = datetime(2023, 2, 15, 23, 0, tzinfo=UTC)  # 00:00 Europe/Berlin on the 16th
    assert ruling(midnight - timedelta(seconds=1)).level is Level.VERIFIED
    assert ruling(midnight).level is None
    assert clock.now == AFTER_THE_DATE
