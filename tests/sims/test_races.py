"""Replacing, blocking and ending while callers verify: nothing is let in that was committed afterwards (S9, B7, A9).

The hole this closes: a verification has compared the old PUK and not committed yet; the replacement deletes that PUK
and commits; then the verification commits, and somebody passed with a PUK that was no longer there.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from tests.engines import Desk, running_engine
from tests.people import AFTER_THE_DATE, ASSERTING, Person, Sim, Town
from tests.sims.operator import Operator
from werda.core.call import Source
from werda.core.method import Method
from werda.core.secret import Secret
from werda.core.sim_life import Step
from werda.core.sources import SourceLimits
from werda.core.verdict import Verified
from werda.store.roles import Role

PUK = "11111111"
CALLERS = 6

Change = Callable[[Operator, Person, Sim], object]
CHANGES: dict[str, Change] = {
    "replace": lambda operator, _, sim: operator.replace(sim, operator.stock("22222222")),
    "block": lambda operator, _, sim: operator.step(Step.BLOCK, sim),
    "end": lambda operator, _, sim: operator.step(Step.END, sim),
    "end the contract": lambda operator, person, _: operator.end_contract(person),
}


@pytest.mark.parametrize("own", [False, True], ids=["strange line", "own line"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_waits_for_the_verification_under_way(town: Town, operator: Operator, change: str, own: bool) -> None:
    """The verification holds still between comparing and committing; the change must not overtake it."""
    maren = town.person()
    sim = operator.active(maren, PUK)
    with town.database.database.connect(Role.OWNER) as gate:
        compare(gate, town, maren, own=own)
        with operator.custody() as custody:
            custody.execute("set local lock_timeout = '300ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                CHANGES[change](operator, maren, sim)
        assert operator.rows("select status from sim_profile where id = %s", sim.id) == [("active",)]
        gate.commit()
    CHANGES[change](operator, maren, sim)
    assert operator.rows("select status from sim_profile where id = %s", sim.id) != [("active",)]


def compare(gate: psycopg.Connection[tuple[object, ...]], town: Town, person: Person, *, own: bool) -> None:
    """What a lane does for one right PUK, up to the commit."""
    verifier = town.database.verifier
    mac = verifier.candidates(Method.PUK, person.id, Secret(PUK))
    row = gate.execute(
        "select o_outcome from verify(open_lane(), 0, '\\x00', %s, %s, %s, %s, '{0}', %s, '{1}', '{2}', '{t}', %s,"
        " '{3}', '{30}', '{4}', '{1}', '{900}', '{0}', '{racing}', '{\"\"}', '{f}', '{\"\"}',"
        " '{null}', '{null}', '{null}', %s, '{1}', '{t}', '{f}', '{null}', 0, '')",
        (AFTER_THE_DATE, verifier.key_ids, [town.brand], [person.id], [own], [mac], list(SourceLimits().narrow)),
    ).fetchone()
    assert row == ([0],), row


@dataclass
class Seen:
    """How many callers passed who had asked before the replacement's commit, and how many who asked later."""

    before: int = 0
    after: int = 0


async def call_while_it_is_replaced(town: Town, operator: Operator, desk: Desk, seen: Seen) -> None:
    maren = town.person()
    old, new = operator.active(maren, PUK), operator.stock(f"22222{maren.id:03}")
    own = Source(calling_number=maren.line, asserted=True, trunk=ASSERTING)
    replaced = asyncio.Event()

    async def call(number: int) -> None:
        late = False
        while not late:
            late = replaced.is_set()
            changes = {"source": own} if number % 2 else {}
            verdict = await desk.offer(maren, PUK, **changes)
            seen.before += isinstance(verdict, Verified) and not late
            seen.after += isinstance(verdict, Verified) and late

    async def carry_out() -> None:
        await asyncio.sleep(0.03)
        await asyncio.to_thread(operator.replace, old, new)
        replaced.set()

    await asyncio.gather(carry_out(), *(call(number) for number in range(CALLERS)))


async def test_nobody_passes_with_a_puk_that_was_replaced_before_they_asked(town: Town, operator: Operator) -> None:
    """Callers from everywhere, again and again, while the SIM is replaced: after its commit nobody passes."""
    seen = Seen()
    async with running_engine(town.database, operator.clock, lanes=3) as engine:
        desk = Desk(engine, town.brand)
        for _ in range(4):
            await call_while_it_is_replaced(town, operator, desk, seen)
    assert seen.before, "nobody called before the replacement"
    assert seen.after == 0


def test_two_activations_in_one_line_give_one_primary_sim(town: Town, operator: Operator) -> None:
    maren = town.person()
    sims = [operator.stock(f"1234567{n}") for n in range(4)]
    for sim in sims:
        operator.assign(sim, maren)
    operators = [Operator(town, operator.clock) for _ in sims]
    with ThreadPoolExecutor(len(sims)) as pool:
        list(pool.map(lambda pair: pair[0].step(Step.ACTIVATE, pair[1]), zip(operators, sims, strict=True)))
    for other in operators:
        other.close()
    assert operator.rows("select count(*) from sim_profile where status = 'active'") == [(1,)]
