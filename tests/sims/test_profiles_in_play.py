"""The life of SIM profiles, played by hypothesis on the real database and gate (S9, S12, A3, B7).

Two customers, stock, every step in any order, also impossible ones, and a clock that jumps, also to the very end of a
cooling time. After every step any PUK that ever was may be offered; it passes exactly when the model says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.database import TestDatabase
from tests.engines import Clock, Desk, running_engine
from tests.people import Person, Sim, Town
from tests.sims.operator import COOLING, Operator
from werda.core.sim import SimRole, SimStatus
from werda.core.sim_life import IN_USE, OVER, NotPossible, Profile, Step, take_step
from werda.core.verdict import Verified
from werda.usecases.sim_change import Changed, Result


@dataclass
class House:
    """The gate on a database, kept for all games, and what was seen in them."""

    operator: Operator
    clock: Clock
    desk: Desk
    run: Callable[[Awaitable[Any]], Any]
    seen: set[object]


@dataclass
class Card:
    """What the model knows of a SIM."""

    sim: Sim
    status: SimStatus = SimStatus.STOCK
    role: SimRole = SimRole.PRIMARY
    owner: Person | None = None
    used: bool = False
    counts_from: datetime | None = None


@pytest.fixture
def house(database: TestDatabase) -> Iterator[House]:
    town, clock = Town(database), Clock()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        engine = runner.run(stack.enter_async_context(running_engine(database, clock, lanes=1)))
        operator = Operator(town, clock)
        yield House(operator, clock, Desk(engine, town.brand), runner.run, set())  # type: ignore[arg-type]
        operator.close()
        runner.run(stack.aclose())


STOCK = 5
cards = st.integers(0, STOCK - 1)


class Profiles(RuleBasedStateMachine):
    """One game."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house, self.operator, self.clock = house, house.operator, house.clock

    @initialize()
    def deal(self) -> None:
        self.people = [self.operator.town.person(f"{4000 + n}") for n in range(2)]
        self.cards = [Card(self.operator.stock(f"{10_000_000 + n}")) for n in range(STOCK)]
        self.possession: dict[int, datetime] = {}
        for card in (0, 1):  # most of what can happen happens to SIMs in use
            self.assign(card, card, SimRole.PRIMARY)
            self.activate(card)

    @rule(card=cards, person=st.integers(0, 1), role=st.sampled_from(SimRole))
    def assign(self, card: int, person: int, role: SimRole) -> None:
        mine = self.cards[card]
        result = self.operator.assign(mine.sim, self.people[person], role=role)
        if self.agrees(result, mine, Step.ASSIGN):
            mine.owner, mine.role = self.people[person], role

    @rule(card=cards, step=st.sampled_from([Step.SHIP, Step.SHIP, Step.BLOCK, Step.UNBLOCK, Step.END]))
    def step(self, card: int, step: Step) -> None:
        if self.agrees(self.operator.step(step, self.cards[card].sim), self.cards[card], step):
            self.offer_as_its_owner(card)

    @rule(card=cards)
    def activate(self, card: int) -> None:
        mine = self.cards[card]
        cools = any(other.used for other in self.beside(mine))
        if self.agrees(self.operator.step(Step.ACTIVATE, mine.sim), mine, Step.ACTIVATE):
            self.put_into_use(mine, cools=cools)
            self.offer_as_its_owner(card)

    @rule(old=cards, new=cards, likely=st.booleans())
    def replace(self, old: int, new: int, likely: bool) -> None:
        living = [n for n, card in enumerate(self.cards) if card.status in IN_USE]
        if likely and living:
            old = living[old % len(living)]
        gone, fresh = self.cards[old], self.cards[new]
        free = fresh.owner is None or fresh.owner is gone.owner
        free &= old != new and fresh.status in (SimStatus.STOCK, SimStatus.SHIPPED)
        expected = take_step(self.profile(gone), Step.REPLACE)
        result = self.operator.replace(gone.sim, fresh.sim)
        assert isinstance(result, Changed) == (free and isinstance(expected, SimStatus)), (result, expected, free)
        if isinstance(result, Changed):
            gone.status, fresh.status = SimStatus.REPLACED, SimStatus.ACTIVE
            fresh.owner, fresh.role = gone.owner, gone.role
            self.put_into_use(fresh, cools=True)
            self.house.seen.add("replaced")
            for card in (old, new):
                self.offer_as_its_owner(card)
            assert gone.owner is not None
            self.call_from_the_line(self.people.index(gone.owner))

    @rule(hours=st.integers(0, 40))
    def wait(self, hours: int) -> None:
        self.clock.now += timedelta(hours=hours)

    @rule(card=cards, early=st.booleans())
    def wait_for_the_end_of_the_cooling_time(self, card: int, early: bool) -> None:
        counts_from = self.cards[card].counts_from
        if counts_from is not None and counts_from > self.clock.now:
            self.clock.now = counts_from - timedelta(microseconds=early)
            self.offer(card, 0)
            self.offer(card, 1)

    @rule(card=cards, person=st.integers(0, 1))
    def offer(self, card: int, person: int) -> None:
        mine, who = self.cards[card], self.people[person]
        passes = self.house.run(self.operator.counts(self.house.desk, who, mine.sim.puk))
        cooling = mine.counts_from is not None and self.clock.now < mine.counts_from
        assert passes == (mine.owner is who and mine.status is SimStatus.ACTIVE and not cooling), mine
        self.house.seen |= {("offered", passes, mine.status), ("cooling", cooling)}
        if passes:
            verdict = self.house.run(self.house.desk.offer(who, mine.sim.puk))
            assert isinstance(verdict, Verified)
            assert verdict.line_id == (who.line_id if mine.role is SimRole.SECONDARY else None)

    def offer_as_its_owner(self, card: int) -> None:
        owner = self.cards[card].owner
        self.offer(card, self.people.index(owner) if owner else 0)

    @rule(person=st.integers(0, 1))
    def call_from_the_line(self, person: int) -> None:
        who = self.people[person]
        cooled = self.clock.now >= self.possession.get(who.id, self.clock.now)
        assert self.house.run(self.operator.owns(self.house.desk, who)) == cooled
        self.house.seen.add(("own", cooled))

    @invariant()
    def every_profile_is_where_the_model_says(self) -> None:
        stored = dict(
            self.operator.rows(
                "select id, status from sim_profile where id = any(%s)", [card.sim.id for card in self.cards]
            )
        )
        assert stored == {card.sim.id: card.status.name.lower() for card in self.cards}

    def agrees(self, result: Result, card: Card, step: Step) -> bool:
        """Whether the step was done, as the core says."""
        expected = take_step(self.profile(card), step)
        if isinstance(expected, NotPossible):
            assert result == expected
            self.house.seen.add(expected.obstacle)
            return False
        assert result == Changed(card.sim.id, expected)
        card.status = expected
        return True

    def put_into_use(self, card: Card, *, cools: bool) -> None:
        card.used = True
        if cools:
            assert card.owner is not None
            card.counts_from = self.possession[card.owner.id] = self.clock.now + COOLING

    def beside(self, card: Card) -> list[Card]:
        return [other for other in self.cards if other is not card and other.owner is card.owner is not None]

    def profile(self, card: Card) -> Profile:
        others = self.beside(card)
        primaries = [other.status for other in others if other.role is SimRole.PRIMARY]
        return Profile(
            status=card.status,
            role=card.role,
            assigned=card.owner is not None,
            on_line=card.owner is not None,
            other_primary=bool(IN_USE.intersection(primaries)),
            active_primary=SimStatus.ACTIVE in primaries,
            secondaries=any(other.role is SimRole.SECONDARY and other.status not in OVER for other in others),
        )


def test_a_puk_counts_exactly_as_long_as_its_profile_may(house: House) -> None:
    """S9, A3, B7"""
    run_state_machine_as_test(
        lambda: Profiles(house),  # type: ignore[arg-type]  # hypothesis takes any factory
        settings=settings(
            derandomize=True,  # the same games each time, since what was seen in them is asserted
            max_examples=100,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    # The games were worth playing.
    assert {"replaced", ("cooling", True), ("own", True), ("own", False)} <= house.seen
    assert {("offered", False, status) for status in SimStatus} | {("offered", True, SimStatus.ACTIVE)} <= house.seen
