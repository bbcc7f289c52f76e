"""The same race without a gate in front: many connections call `verify` at once, and PostgreSQL alone must count right.

The holes these close: skipping the row lock where an attempt is going to succeed anyway (51 evaluations too many were
seen in 300 rounds of 64 guesses); judging by what the statement saw when it began to wait for the lock; and batches
that lock their budgets in the order of arrival, which ends in a deadlock and an unanswered batch.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from tests.database import TestDatabase
from tests.people import AFTER_THE_DATE, Person, Town
from tests.races.callers import check_budget, outcomes
from werda.core.budget import Limits
from werda.core.call import Channel, Source
from werda.core.level import Level
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.verdict import Outcome
from werda.gate.lane import Answer, Attempt, Connection, Lane, Request
from werda.gate.rulebook import Ruling
from werda.store.roles import Role

LANES = 12
NO_DELAY = Limits(first_delay=timedelta())
_calls = itertools.count(1)


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


@asynccontextmanager
async def lanes(town: Town, number: int = LANES) -> AsyncIterator[list[Lane]]:
    """Connections of the gate's role, as that many gates would have them."""

    async def connect() -> Connection:
        parameters = town.database.database.parameters(Role.GATE)
        return await asyncpg.connect(**parameters, database=town.database.name, command_timeout=30)

    opened = [await Lane.open(connect) for _ in range(number)]
    somebody, verifier = town.person(), town.database.verifier
    for lane in opened:  # the first statement of a connection is planned, and slow: it would leave no race
        await lane.verify([attempt(town, somebody, somebody.code, NO_DELAY)], verifier, AFTER_THE_DATE)
    yield opened
    for lane in opened:
        await lane.close()


def attempt(town: Town, person: Person, digits: str, limits: Limits, *, own: bool = False) -> Attempt:
    """One offer in a call of its own, identified already."""
    request = Request(
        brand_id=town.brand,
        line=person.line,
        customer_number=None,
        digits=Secret(digits),
        source=Source(),  # anonymous: no number of theirs is counted
        channel=Channel.API,
        call_ref=f"call-{next(_calls)}",
    )
    ruling = Ruling(Method.CUSTOMER_CODE, Level.VERIFIED, limits, 2, timedelta(minutes=10), timedelta(minutes=30))
    return Attempt(request, ruling, customer=person.id, own=own)


async def offer_over(town: Town, opened: Sequence[Lane], batches: Sequence[list[Attempt]]) -> list[Answer]:
    """Every lane takes the next batch as soon as it is free, all lanes at the same time; no time passes."""
    waiting = list(batches)
    verifier = town.database.verifier
    answers: list[Answer] = []

    async def work(lane: Lane) -> None:
        while waiting:
            answers.extend(await lane.verify(waiting.pop(), verifier, AFTER_THE_DATE))

    await asyncio.gather(*map(work, opened))
    return answers


async def test_three_of_two_hundred_guesses_are_evaluated(town: Town) -> None:
    """C1, C3: no delay stands before the row lock here, so the count alone holds."""
    maren = town.person("0815")
    offers = [[attempt(town, maren, f"{n:04}", NO_DELAY, own=own)] for n in range(1000, 1200) for own in (False, True)]
    async with lanes(town) as opened:
        answers = await offer_over(town, opened, offers)
    assert len(answers) == 400
    for own in (False, True):
        assert outcomes(town.database, maren, own) == {Outcome.WRONG: 3, Outcome.LOCKED: 197}
        check_budget(town.database, maren, own)


async def test_delays_hold_back_all_but_two(town: Town) -> None:
    """C4"""
    maren = town.person("0815")
    async with lanes(town) as opened:
        await offer_over(town, opened, [[attempt(town, maren, f"{n:04}", Limits())] for n in range(1000, 1200)])
    assert outcomes(town.database, maren, False) == {Outcome.WRONG: 2, Outcome.TOO_EARLY: 198}


@pytest.mark.parametrize("limits", [NO_DELAY, Limits()], ids=["no delay", "delays"])
async def test_a_right_code_among_the_wrong_ones_resets_only_what_it_was_counted_in(town: Town, limits: Limits) -> None:
    """C1: fifteen customers at once; where the right one comes in time the count begins again, and never else."""
    people = [town.person(f"{1234 + n}") for n in range(15)]
    offers = [[attempt(town, who, digits, limits)] for who in people for digits in [who.code] * 3 + [who.wrong] * 9]
    random.shuffle(offers)
    async with lanes(town) as opened:
        answers = await offer_over(town, opened, offers)
    assert len(answers) == len(offers)
    for who in people:
        check_budget(town.database, who, own=False)
        assert outcomes(town.database, who, own=False).total() == 12
        assert outcomes(town.database, who, own=True).total() == 0


async def test_batches_over_the_same_budgets_never_wait_in_a_circle(town: Town) -> None:
    people = [town.person(f"{1234 + n}") for n in range(16)]

    def batch() -> list[Attempt]:
        random.shuffle(people)
        return [attempt(town, who, who.wrong, NO_DELAY, own=own) for who in people for own in (False, True)]

    batches = [batch() for _ in range(60)]
    async with lanes(town) as opened:
        answers = await offer_over(town, opened, batches)  # a deadlock would raise
    assert len(answers) == 60 * 32
    for who, own in itertools.product(people, (False, True)):
        assert outcomes(town.database, who, own) == {Outcome.WRONG: 3, Outcome.LOCKED: 57}
