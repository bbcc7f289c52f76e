"""Try attacks twice each on a database made for it: guarded by the account's own limit alone, and by everything."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import asyncpg
import psycopg

from werda.attack.callers import DAY, Attack, attack_calls, honest_calls
from werda.attack.simulation import Clock, Day, Found, Hotline
from werda.attack.town import Town, make_town
from werda.core.sources import NarrowLimit, SourceLimits
from werda.gate.engine import Engine
from werda.gate.lane import Connection
from werda.gate.rulebook import Rulebook
from werda.gate.wide_sources import WideSources
from werda.keys.verifier import Verifier
from werda.store.roles import Database, Role
from werda.usecases.watch_for_spraying import Watch

MORNING: Final = 9 * 3_600.0
"""When an attack begins, in seconds of the day."""

_NO_LIMIT: Final = NarrowLimit(timedelta(hours=1), 10**9, 10**9)
_UNLIMITED: Final = SourceLimits(_NO_LIMIT, _NO_LIMIT, _NO_LIMIT)

_FORGET: Final = """
    truncate attempt, attempt_batch, call, traffic, wrong_values, alarm, event, outbox_message cascade;
    delete from budget where own_line;
    update budget set failures = 0, not_before = null where failures > 0 or not_before is not null;
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated. `lasts`: seconds the attack takes; `honest`: calls of customers that day."""

    attack: Attack
    accounts: int
    guesses: int
    honest: int
    lasts: float = 1_800.0
    chosen: bool = False
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Compared:
    """The same day without and with the guard of sources and detector."""

    plan: Plan
    without: Found
    guarded: Found

    @property
    def broken_share(self) -> float:
        """How many accounts the guard leaves of those that would be broken, on average of all codes."""
        return self.guarded.chances / self.without.chances if self.without.chances else 0.0


class Range:
    """A fictional brand in a database made for it, on which attacks are tried one after the other."""

    def __init__(self, database: Database, verifier: Verifier, accounts: int, *, chosen: bool, seed: int) -> None:
        self._database = database
        self._verifier = verifier
        with database.connect(Role.OWNER) as owner:
            self._town = make_town(owner, verifier, accounts, chosen=chosen, seed=seed)

    def simulate(self, plan: Plan, progress: Callable[[str, float], None] = lambda _w, _d: None) -> Compared:
        """The same day without and with the guard; each begins with nothing counted."""
        return Compared(plan, self._day(plan, progress, guarded=False), self._day(plan, progress, guarded=True))

    def _day(self, plan: Plan, progress: Callable[[str, float], None], *, guarded: bool) -> Found:
        with self._database.connect(Role.OWNER, autocommit=True) as owner:
            owner.execute(_FORGET.encode())
            return asyncio.run(
                _play(self._database, owner, self._verifier, self._town, plan, progress, guarded=guarded)
            )


async def _play(
    database: Database, owner: psycopg.Connection[Any], verifier: Verifier, town: Town, plan: Plan,
    progress: Callable[[str, float], None], *, guarded: bool,
) -> Found:  # fmt: skip
    chance = random.Random(plan.seed)  # noqa: S311 - the same day each time
    calls = honest_calls(town, plan.honest, chance)
    calls += attack_calls(plan.attack, town, plan.guesses, chance, begins=MORNING, lasts=min(plan.lasts, DAY / 2))
    clock = Clock()

    async def connect() -> Connection:
        connection: Connection = await asyncpg.connect(**database.parameters(Role.GATE), database=database.name)
        return connection

    reader = await connect()
    rulebook = await Rulebook.read(reader)
    if not guarded:
        for versions in rulebook.policies.values():
            versions[:] = [replace(policy, sources=_UNLIMITED) for policy in versions]
    sources = WideSources(reader, lambda: rulebook.source_limits(clock()), clock) if guarded else None
    engine = Engine(
        connect, verifier, rulebook, clock=clock, stepped_up=sources.stepped_up if sources else lambda _: False
    )
    hotline = Hotline(engine, clock, owner, sources, Watch() if guarded else None)
    if sources:
        await sources.read()
    await engine.start()
    try:
        what = "guarded" if guarded else "unguarded"
        return await Day(hotline, town, plan.attack, lambda done: progress(what, done)).play(calls)
    finally:
        await engine.stop()
        await reader.close()
