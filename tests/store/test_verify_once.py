"""One-time codes at the engine: single use, limits of their own, and what they are worth beside a code (B6, C2, A3)."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.one_time import call_code, letter_code
from tests.people import AFTER_THE_DATE, ASSERTING, NOT_ASSERTING, Person, Town
from werda.audit.verify_lanes import Whole, verify_stored_lanes
from werda.core.call import Source
from werda.core.level import Level
from werda.core.method import Method
from werda.core.one_time_code import CALL_CODE_LIFETIME
from werda.core.verdict import Outcome, Refused, Verdict, Verified
from werda.gate.engine import Conflict
from werda.store.queries.keys import rows_under
from werda.store.roles import Role
from werda.usecases.put_one_time_code import destroy_over

_telephones = itertools.count(1)


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@pytest.fixture
def maren(town: Town) -> Person:
    return town.person("0815", puks=("31415926",))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(town: Town, clock: Clock) -> AsyncIterator[Desk]:
    async with running_engine(town.database, clock) as engine:
        yield Desk(engine, town.brand)


def other(code: str) -> str:
    """A code of the same length that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def own_line(person: Person) -> Source:
    return Source(calling_number=person.line, asserted=True, trunk=ASSERTING)


def other_telephone() -> Source:
    """One that nobody has called from: its failures are not what is looked at here (C5)."""
    return Source(calling_number=f"+4940{next(_telephones):06}00", trunk=NOT_ASSERTING)


def worth(verdict: Verdict | Conflict) -> tuple[Level, Method]:
    assert isinstance(verdict, Verified)
    return verdict.level, verdict.method


def outcome(verdict: Verdict | Conflict) -> Outcome:
    assert isinstance(verdict, Refused)
    return verdict.outcome


async def test_a_call_code_verifies_once(town: Town, desk: Desk, maren: Person) -> None:
    """B6"""
    code = call_code(town, maren)
    assert worth(await desk.offer(maren, code)) == (Level.VERIFIED, Method.CALL_CODE)
    assert outcome(await desk.offer(maren, code)) is Outcome.WRONG


async def test_of_many_at_once_one_passes(town: Town, desk: Desk, maren: Person) -> None:
    """B6: also where one comes from the customer's own line."""
    code = call_code(town, maren)
    sources = [{"source": own_line(maren)} if n % 2 else {} for n in range(20)]
    verdicts = await asyncio.gather(*(desk.offer(maren, code, **source) for source in sources))
    assert sum(isinstance(verdict, Verified) for verdict in verdicts) == 1


async def test_a_call_code_counts_for_ten_minutes(town: Town, desk: Desk, maren: Person, clock: Clock) -> None:
    """B6"""
    code = call_code(town, maren)
    clock.now += CALL_CODE_LIFETIME
    assert outcome(await desk.offer(maren, code)) is Outcome.WRONG


async def test_a_new_request_ends_the_code_of_the_last(town: Town, desk: Desk, maren: Person) -> None:
    """B6: bound to the request."""
    first, second = call_code(town, maren), call_code(town, maren)
    assert outcome(await desk.offer(maren, first)) is Outcome.WRONG
    assert isinstance(await desk.offer(maren, second), Verified)


async def test_a_code_is_nobody_elses(town: Town, desk: Desk, maren: Person) -> None:
    assert outcome(await desk.offer(town.person("1234"), call_code(town, maren))) is Outcome.WRONG


async def test_a_code_dies_of_five_wrong_tries(town: Town, desk: Desk, maren: Person) -> None:
    """C2"""
    code = call_code(town, maren)
    for _ in range(5):
        assert outcome(await desk.offer(maren, other(code))) is Outcome.WRONG
    assert outcome(await desk.offer(maren, code)) is Outcome.WRONG


async def test_ten_wrong_tries_are_evaluated_in_a_day(town: Town, desk: Desk, maren: Person, clock: Clock) -> None:
    """C2: a day after the first of them it begins anew."""
    for _ in range(10):
        assert outcome(await desk.offer(maren, "000000", source=other_telephone())) is Outcome.WRONG
    assert outcome(await desk.offer(maren, call_code(town, maren), source=other_telephone())) is Outcome.LOCKED
    clock.now += timedelta(days=1)
    assert isinstance(await desk.offer(maren, call_code(town, maren, now=clock.now)), Verified)


async def test_a_stranger_cannot_use_up_what_is_left_for_the_own_line(town: Town, desk: Desk, maren: Person) -> None:
    """C3"""
    code = call_code(town, maren)
    for _ in range(10):
        await desk.offer(maren, other(code), source=other_telephone())
    assert isinstance(await desk.offer(maren, code, source=own_line(maren)), Verified)


async def test_recovery_works_while_the_budget_is_spent(
    town: Town, desk: Desk, maren: Person, clock: Clock, database: TestDatabase
) -> None:
    """C2: neither reads nor changes it."""
    code = letter_code(town, maren)
    for _ in range(3):
        await desk.offer(maren, maren.wrong)
        clock.now += timedelta(hours=1)
    spent = database.rows("select * from budget where customer_id = %s", maren.id)
    assert outcome(await desk.offer(maren, "0815")) is Outcome.LOCKED
    assert outcome(await desk.offer(maren, other(code))) is Outcome.WRONG
    assert worth(await desk.offer(maren, code)) == (Level.VERIFIED, Method.LETTER_CODE)
    assert database.rows("select * from budget where customer_id = %s", maren.id) == spent


async def test_a_letter_code_counts_for_21_days_from_its_printing(town: Town, desk: Desk, clock: Clock) -> None:
    """E4"""
    one, two = town.person("0815"), town.person("1234")
    codes = [letter_code(town, person, printed=clock.now) for person in (one, two)]
    clock.now += timedelta(days=21) - timedelta(seconds=1)
    assert isinstance(await desk.offer(one, codes[0]), Verified)
    clock.now += timedelta(seconds=1)
    assert outcome(await desk.offer(two, codes[1])) is Outcome.WRONG


async def test_no_code_and_an_unknown_number_sound_like_a_wrong_code(
    desk: Desk, maren: Person, database: TestDatabase
) -> None:
    """C7"""
    assert outcome(await desk.offer(maren, "123456")) is Outcome.WRONG
    for _ in range(10):
        assert outcome(await desk.offer("+4930999999", "123456", source=other_telephone())) is Outcome.UNKNOWN
    assert outcome(await desk.offer("+4930999999", "123456", source=other_telephone())) is Outcome.LOCKED
    assert database.rows("select count(*) from one_time_tries where customer_id < 0") == [(1,)]


async def test_a_place_without_a_code_is_no_code(town: Town, desk: Desk, maren: Person, database: TestDatabase) -> None:
    """C7: it stands under no key, gives way to a code, and goes with those that are over."""
    assert outcome(await desk.offer(maren, "123456")) is Outcome.WRONG
    assert outcome(await desk.offer(maren, "1234567890")) is Outcome.WRONG
    with database.connect() as owner:
        assert "one-time codes" not in {what for rows in rows_under(owner, "verifier").values() for what in rows}
    assert isinstance(await desk.offer(maren, call_code(town, maren)), Verified)
    with database.database.connect(Role.CUSTODY) as custody:
        destroy_over(custody, AFTER_THE_DATE)
    assert database.rows("select 1 from one_time_code") == []


@pytest.mark.parametrize("first", ["code", "call code"])
async def test_code_and_call_code_give_level_2_in_either_order(
    town: Town, desk: Desk, maren: Person, first: str
) -> None:
    """A3"""
    offers = ["0815", call_code(town, maren)]
    if first == "call code":
        offers.reverse()
    assert worth(await desk.offer(maren, offers[0], call_ref="one-call"))[0] is Level.VERIFIED
    assert worth(await desk.offer(maren, offers[1], call_ref="one-call"))[0] is Level.STRONG


async def test_puk_and_letter_code_give_level_2(town: Town, desk: Desk, maren: Person) -> None:
    """A3"""
    code = letter_code(town, maren)
    await desk.offer(maren, "31415926", call_ref="one-call")
    assert worth(await desk.offer(maren, code, call_ref="one-call")) == (Level.STRONG, Method.LETTER_CODE)


async def test_a_password_only_session_never_gives_level_2(town: Town, desk: Desk, maren: Person) -> None:
    """A3"""
    code = call_code(town, maren, strong=False)
    await desk.offer(maren, "0815", call_ref="one-call")
    assert worth(await desk.offer(maren, code, call_ref="one-call")) == (Level.VERIFIED, Method.CALL_CODE)


async def test_proofs_of_two_calls_do_not_add_up(town: Town, desk: Desk, maren: Person) -> None:
    """A3"""
    await desk.offer(maren, "0815")
    assert worth(await desk.offer(maren, call_code(town, maren)))[0] is Level.VERIFIED


async def test_a_repeat_of_a_request_is_answered_as_before_and_uses_nothing_up(
    town: Town, desk: Desk, maren: Person
) -> None:
    code = call_code(town, maren)
    once = {"call_ref": "one-call", "idempotency_key": "once", "api_key": 1}
    first = await desk.offer(maren, code, **once)
    assert await desk.offer(maren, code, **once) == first
    assert isinstance(await desk.offer(maren, other(code), **once), Conflict)


async def test_attempts_of_both_kinds_are_one_chain(town: Town, desk: Desk, maren: Person) -> None:
    """D4, design decision 5"""
    code = call_code(town, maren)
    offers = ["0815", "1111", code, other(code), "31415926", "0000000000", "123"]
    await asyncio.gather(*(desk.offer(maren, digits) for digits in offers * 3))
    with town.database.connect() as owner:
        assert isinstance(verify_stored_lanes(owner), Whole)
        assert owner.execute("select count(*) from attempt").fetchone() == (21,)


async def test_where_the_policy_knows_no_call_code_none_is_evaluated(
    town: Town, desk: Desk, maren: Person, clock: Clock, database: TestDatabase
) -> None:
    code = call_code(town, maren)
    clock.now = clock.now.replace(year=2022, month=6)
    assert outcome(await desk.offer(maren, code)) is Outcome.NOT_ACCEPTED
    clock.now = AFTER_THE_DATE
    assert isinstance(await desk.offer(maren, code), Verified)
