"""C7: unknown, locked, too early and wrong run the same statements: they do the same work in the same tables.

A lane has two statements for an attempt, whatever comes: `identify`, and `verify` or (one-time codes) `verify_once`.
What each attempt does in them is counted by PostgreSQL itself, table by table: scans of tables and indexes, rows
inserted, updated and deleted. How long it takes is measured by `python -m bench --only equality`.
"""

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from tests.database import TestDatabase
from tests.engines import running_engine
from tests.one_time import call_code, letter_code
from tests.people import AFTER_THE_DATE, NOT_ASSERTING, Town
from werda.core.call import Channel, Source
from werda.core.secret import Secret
from werda.core.verdict import Outcome
from werda.gate.lane import Attempt, Connection, Lane, Request
from werda.gate.rulebook import Rulebook
from werda.store.roles import Role

WORK = (
    "select relname::text, coalesce(seq_scan, 0), coalesce(idx_scan, 0), n_tup_ins, n_tup_upd, n_tup_del"
    " from pg_stat_xact_all_tables where schemaname = 'public'"
)
Work = dict[str, tuple[int, ...]]
_calls = itertools.count(1)


class Watched:
    """A lane on a connection of the gate's role, whose work is written down."""

    def __init__(self, connection: Connection, lane: Lane, rulebook: Rulebook, town: Town) -> None:
        self._connection = connection
        self._lane = lane
        self._rulebook = rulebook
        self.town = town

    async def offer(self, line: str, digits: str, calling: str | None = None) -> tuple[int, Work]:
        """Offer digits, from a telephone of its own unless `calling`; gives outcome and work by table."""
        request = Request(
            brand_id=self.town.brand,
            line=line,
            customer_number=None,
            digits=Secret(digits),
            # nobody's second try
            source=Source(calling_number=calling or f"+4930{next(_calls):06}00", trunk=NOT_ASSERTING),
            channel=Channel.KEYPAD,
            call_ref=f"equal-{next(_calls)}",
        )
        ruling = self._rulebook.rule(self.town.brand, request.channel, request.digits, legacy=False, now=AFTER_THE_DATE)
        attempt = Attempt(request, ruling)
        async with self._connection.transaction():
            before = await self._work()
            await self._lane.identify([attempt], AFTER_THE_DATE)
            judge = self._lane.verify_once if attempt.once else self._lane.verify
            [answer] = await judge([attempt], self.town.database.verifier, AFTER_THE_DATE)
            after = await self._work()
        zero = (0,) * 5
        work = {
            table: tuple(now - then for now, then in zip(counts, before.get(table, zero), strict=True))
            for table, counts in after.items()
        }
        return answer.outcome, {table: counts for table, counts in work.items() if any(counts)}

    async def _work(self) -> Work:
        return {row[0]: tuple(row[1:]) for row in await self._connection.fetch(WORK)}


@pytest.fixture
async def watched(database: TestDatabase) -> AsyncIterator[tuple[Watched, dict[Outcome, tuple[str, str]]]]:
    """The lane, and for each refusal a number and digits that end in it."""
    town = Town(database)
    locked, early, wrong = (town.person("4711", puks=("12345678",)) for _ in range(3))
    with database.connect() as owner:
        owner.execute("update budget set failures = 3 where customer_id = %s", (locked.id,))
        owner.execute(
            "update budget set failures = 2, not_before = %s where customer_id = %s",
            (AFTER_THE_DATE + timedelta(hours=1), early.id),
        )
    parameters = database.database.parameters(Role.GATE)

    async def connect() -> Connection:
        return await asyncpg.connect(**parameters, database=database.name)

    connection = await connect()

    async def same() -> Connection:
        return connection

    lane = await Lane.open(same)
    refusals = {
        Outcome.UNKNOWN: ("+4917604099999", "4712"),
        Outcome.LOCKED: (locked.line, "4712"),
        Outcome.TOO_EARLY: (early.line, "4712"),
        Outcome.WRONG: (wrong.line, "4712"),
    }
    gate = Watched(connection, lane, await Rulebook.read(connection), town)
    for _ in range(6):  # then a statement has settled on the plan that serves all
        await gate.offer("+4917604099998", "4712")
    yield gate, refusals
    await connection.close()


async def test_every_refusal_does_the_same_work_in_the_same_tables(
    watched: tuple[Watched, dict[Outcome, tuple[str, str]]],
) -> None:
    """C7"""
    gate, refusals = watched
    done = {wanted: await gate.offer(line, digits) for wanted, (line, digits) in refusals.items()}
    assert {wanted: outcome for wanted, (outcome, _) in done.items()} == {wanted: wanted for wanted in refusals}
    _, work = done[Outcome.WRONG]
    assert {"attempt", "budget", "call", "credential"} <= work.keys()
    for outcome, (_, other) in done.items():
        assert other == work, outcome


async def test_a_right_code_that_is_locked_or_too_early_does_what_a_wrong_one_does(
    watched: tuple[Watched, dict[Outcome, tuple[str, str]]],
) -> None:
    """C1, C4, C7: whoever guesses right while the budget is spent learns nothing."""
    gate, refusals = watched
    for outcome in (Outcome.LOCKED, Outcome.TOO_EARLY):
        line, _ = refusals[outcome]
        for wrong, right in (("4712", "4711"), ("87654321", "12345678")):
            for digits in (wrong, right):
                await gate.offer(line, digits)  # the first of a minute makes rows that the next one finds
            told = [await gate.offer(line, digits) for digits in (wrong, right)]
            assert {seen[0] for seen in told} == {outcome}
            assert told[0][1] == told[1][1]


@pytest.mark.parametrize("wrong", ["000000", "0000000000"], ids=["call code", "letter code"])
async def test_every_refusal_of_a_one_time_code_does_the_same_work_in_the_same_tables(
    watched: tuple[Watched, dict[Outcome, tuple[str, str]]], wrong: str
) -> None:
    """C2, C5, C7: with a code, without one, with a dead one; locked, unknown, or from a telephone over its limit."""
    gate, _ = watched
    town = gate.town
    who = {name: town.person("4711") for name in ("with", "without", "dead", "locked")}
    for name in ("with", "dead", "locked"):
        call_code(town, who[name])
        letter_code(town, who[name])
    lines = {name: person.line for name, person in who.items()} | {
        "unknown": "+4917604099999",
        "limited": who["with"].line,
    }
    from_where = {"limited": "+493099999999"}
    for line in lines.values():
        for digits in ("000000", "0000000000"):
            await gate.offer(line, digits)  # from the first attempt on everybody has the rows
    with town.database.connect() as owner:
        owner.execute("update one_time_code set failures = 5 where customer_id = %s", (who["dead"].id,))
        owner.execute("update one_time_tries set failures = 10 where customer_id = %s", (who["locked"].id,))
    for n in range(10):
        await gate.offer(town.person("4711").line if n else lines["with"], "4712", "+493099999999")
    await gate.offer(lines["with"], wrong)  # the first of a lane's kind makes the rows of its minute
    done = {name: await gate.offer(line, wrong, from_where.get(name)) for name, line in lines.items()}
    assert {name: outcome for name, (outcome, _) in done.items()} == {
        **dict.fromkeys(("with", "without", "dead"), Outcome.WRONG),
        "locked": Outcome.LOCKED,
        "unknown": Outcome.UNKNOWN,
        "limited": Outcome.SOURCE_LIMITED,
    }
    _, work = done["with"]
    assert {"attempt", "traffic", "call", "one_time_code", "one_time_tries"} <= work.keys()
    for name, (_, other) in done.items():
        assert other == work, name


async def test_refusals_are_answered_in_the_same_words(database: TestDatabase) -> None:
    """C7: what a caller hears next depends on the tries in this call alone."""
    from tests.engines import Clock, Desk

    town = Town(database)
    locked = town.person("4711")
    async with running_engine(database, Clock()) as engine:
        desk = Desk(engine, town.brand)
        with database.connect() as owner:
            owner.execute("update budget set failures = 3 where customer_id = %s", (locked.id,))
        told = [await desk.offer(who, "4712") for who in (locked, town.person("4711"), "+4917604099999")]
    assert len({getattr(verdict, "next", None) for verdict in told}) == 1
