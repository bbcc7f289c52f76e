"""The limits of sources stand twice: `core.sources` decides, verify.sql counts. Here neither may drift from the other.

Hypothesis plays attackers and honest callers: two numbers of a block and one of another, anonymous ones, an exempt
relay service, own lines, agents; codes, PUKs and one-time codes, right and wrong, of customers and of numbers that
nobody has; clocks that jump to the very microsecond at which a failure leaves the window (C5).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.one_time import call_code
from tests.people import ASSERTING, Town
from werda.core.budget import Budget, Limits
from werda.core.call import Channel, Source
from werda.core.method import Method
from werda.core.sources import Failure, NarrowLimit, SourceLimits, Standing, standing
from werda.core.verdict import Outcome, Verified
from werda.gate.engine import Conflict, Engine
from werda.gate.rulebook import Rulebook

PUK = "31415926"
RELAY = "+4980011223344"
UNKNOWN = 5  # the place behind the customers
LIMITS = Limits(failures=3, first_delay=timedelta(seconds=1), factor=2)

narrow = st.builds(
    NarrowLimit,
    window=st.integers(1, 120).map(lambda minutes: timedelta(minutes=minutes)),
    failures=st.integers(3, 6),
    accounts=st.integers(2, 4),
)
limits = st.builds(SourceLimits, number=narrow, block=narrow, agent=narrow, exempt=st.just(frozenset({RELAY})))


@dataclass
class House:
    """The real engine on the real database, kept for all games; every game has customers and numbers of its own."""

    town: Town
    engine: Engine
    clock: Clock
    desk: Desk
    owner: psycopg.Connection[Any]
    run: Callable[[Awaitable[Any]], Any]
    games: int = 0

    def rule_by(self, sources: SourceLimits) -> None:
        """A policy with these limits comes into force."""
        book = self.engine.rulebook
        policy = replace(book.policies[self.town.brand][-1], limits=LIMITS, sources=sources)
        self.engine.rulebook = Rulebook([(book.brands[self.town.brand], [])], [(self.town.brand, policy)])


@pytest.fixture
def house(database: TestDatabase) -> Iterator[House]:
    town, clock = Town(database), Clock()
    with asyncio.Runner() as runner, database.connect() as owner:
        stack = AsyncExitStack()
        engine = runner.run(stack.enter_async_context(running_engine(database, clock, lanes=1)))
        yield House(town, engine, clock, Desk(engine, town.brand), owner, runner.run)  # type: ignore[arg-type]
        runner.run(stack.aclose())


class Hotline(RuleBasedStateMachine):
    """One game: the log and the model see the same offers, one after the other."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        house.games += 1
        self.people = [house.town.person(f"{1234 + n}", puks=(PUK,)) for n in range(UNKNOWN)]
        self.budgets = {(place, own): Budget() for place in range(UNKNOWN) for own in (False, True)}
        block = f"+4930{house.games:06}"
        self.sources = [
            *(Source(block + "01"), Source(block + "02"), Source(f"+4940{house.games:06}01"), Source(), Source(RELAY)),
            *(Source(block + "03", agent=2 * house.games), Source(agent=2 * house.games + 1)),
        ]
        self.failures: list[Failure] = []
        self.limits = SourceLimits()

    @initialize(sources=limits)
    def open(self, sources: SourceLimits) -> None:
        self.limits = sources
        self.house.rule_by(sources)

    @rule(
        place=st.integers(0, UNKNOWN),
        source=st.integers(0, 7),
        digits=st.sampled_from(["code", "wrong", "wrong", "puk", "call code", "wrong call code"]),
    )
    def call(self, place: int, source: int, digits: str) -> None:
        own = source == 7
        if own and place == UNKNOWN:
            return
        here = Source(self.people[place].line, asserted=True, trunk=ASSERTING) if own else self.sources[source]
        expected = self.judge(place, here, own, digits)
        assert self.house.run(self.offer(place, here, digits)) == expected

    @rule(source=st.integers(0, 6), wrong=st.sampled_from(["wrong", "wrong call code"]), last=st.integers(1, UNKNOWN))
    def guess_at_one_after_the_other(self, source: int, wrong: str, last: int) -> None:
        for place in range(last):
            self.call(place, source, wrong)

    @rule(seconds=st.integers(-5, 4_000))
    def wait(self, seconds: int) -> None:
        self.house.clock.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.failures)
    @rule(early=st.booleans(), data=st.data())
    def wait_until_a_failure_leaves_a_window(self, early: bool, data: st.DataObject) -> None:
        failure = data.draw(st.sampled_from(self.failures))
        window = data.draw(st.sampled_from([each.window for each in (self.limits.number, self.limits.block)]))
        self.house.clock.now = failure.at + window - timedelta(microseconds=early)

    def judge(self, place: int, source: Source, own: bool, digits: str) -> Outcome:
        now = self.house.clock.now
        found = standing(self.limits, source, self.failures, now, own_line=own)
        if found is Standing.LIMITED:
            return Outcome.SOURCE_LIMITED
        known = place < UNKNOWN
        once = digits.endswith("call code")
        right = known and not digits.startswith("wrong")
        possession = own or once or digits == "puk"
        # One-time codes neither read nor change the budget (C2).
        budget = Budget() if once else self.budgets.get((place, own), Budget())
        result, after = budget.attempt(matches=right, now=now, limits=LIMITS)
        if result is Outcome.VERIFIED and found is Standing.STEPPED_UP and not possession:
            return Outcome.STEPPED_UP  # and the budget stays
        if known and not once:
            self.budgets[place, own] = after
        if result is Outcome.WRONG:
            account = self.people[place].id if known else -1
            exempt = source.calling_number == RELAY
            self.failures.append(Failure(now, account, None if exempt else source.calling_number, source.agent))
        return result if known else Outcome.UNKNOWN

    async def offer(self, place: int, source: Source, digits: str) -> Outcome:
        if place == UNKNOWN:  # a decoy's budget may have been spent by others
            self.house.owner.execute("update budget set failures = 0, not_before = null where customer_id < 0")
        who = self.people[place] if place < UNKNOWN else f"+49176999{self.house.games:05}"
        code = self.people[place % UNKNOWN].code
        said = {"code": code, "wrong": f"{(int(code) + 1111) % 10_000:04}", "puk": PUK}.get(digits)
        if said is None:
            said = self.one_time_code(place, right=digits == "call code")
        channel = Channel.KEYPAD if source.agent is None else Channel.AGENT
        verdict = await self.house.desk.offer(who, said, source=source, channel=channel)
        assert not isinstance(verdict, Conflict)
        return Outcome.VERIFIED if isinstance(verdict, Verified) else verdict.outcome

    def one_time_code(self, place: int, *, right: bool) -> str:
        """A fresh call code or another one; limits of their own (C2) are not what is played here."""
        self.house.owner.execute("delete from one_time_tries")
        fresh = call_code(self.house.town, self.people[place % UNKNOWN], now=self.house.clock.now)
        return fresh if right else f"{(int(fresh) + 1) % 1_000_000:06}"


def test_sql_limits_sources_as_the_core_decides(house: House) -> None:
    """C3, C5"""
    run_state_machine_as_test(
        lambda: Hotline(house),  # type: ignore[arg-type]  # hypothesis takes any factory
        settings=settings(
            derandomize=True,  # the same games each time, since what was seen in them is asserted
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    seen = {outcome for (outcome,) in house.town.database.rows("select distinct outcome from attempt")}
    assert {Outcome.VERIFIED, Outcome.WRONG, Outcome.UNKNOWN, Outcome.STEPPED_UP, Outcome.SOURCE_LIMITED} <= seen
    once = house.town.database.rows("select distinct outcome from attempt where method = %s", Method.CALL_CODE)
    assert {outcome for (outcome,) in once} == {
        *(Outcome.VERIFIED, Outcome.WRONG, Outcome.UNKNOWN, Outcome.SOURCE_LIMITED)  # possession: never stepped up
    }
