"""A simulated day: honest calls and an attack go through the real engine, statement and detector, and are counted.

Time is an argument everywhere, so a day passes in minutes. Calls of the same few seconds are offered at once, as on a
busy hotline; the detector and the sums of wide sources are looked at every few seconds, as by worker and gate.
"""

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from werda.attack.callers import DAY, Attack, Call
from werda.attack.town import ALL_CODES, Town
from werda.core.alarm import AlarmState
from werda.core.secret import Secret
from werda.core.verdict import Outcome, Verified
from werda.gate.engine import Conflict, Engine
from werda.gate.lane import Request
from werda.gate.wide_sources import WideSources
from werda.usecases.watch_for_spraying import Watch

BEGINS: Final = datetime(2026, 6, 1, tzinfo=UTC)
STEP: Final = 5.0
"""Seconds of a simulated day that are offered at once."""
AT_ONCE: Final = 4
"""So many of them together, as batches of a busy hotline are small; of each batch one wrong code is compared (C6)."""
LOOK: Final = 10.0
"""Seconds between two looks of the detector; the worker's are five apart."""
AGAIN: Final = 10.0
"""Seconds after which a refused caller says something again."""


@dataclass
class Found:
    """What a simulated day came to. `chances` is how many accounts the evaluated guesses break on average."""

    attack: Attack
    accounts: int
    guesses: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    broken: int = 0
    chances: float = 0.0
    honest: int = 0
    honest_stepped_up: int = 0
    honest_locked: int = 0
    own_line_locked: int = 0
    first_guess: float | None = None
    alarm_after: float | None = None
    calm_again: float | None = None
    looks: int = 0


class Clock:
    """The time of the simulated day."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return BEGINS + timedelta(seconds=self.seconds)


@dataclass
class Hotline:
    """What answers: the real parts. `watch` and `sources` are missing when nothing but the account's limit guards."""

    engine: Engine
    clock: Clock
    owner: psycopg.Connection[Any]
    sources: WideSources | None = None
    watch: Watch | None = None


class Day:
    """Plays the calls of a day."""

    def __init__(
        self, hotline: Hotline, town: Town, attack: Attack, progress: Callable[[float], None] = lambda _: None
    ) -> None:
        self._hotline = hotline
        self._town = town
        self._progress = progress
        self._refs = itertools.count(1)
        self._state = AlarmState.CALM
        self.found = Found(attack, len(town.codes))

    async def play(self, calls: list[Call]) -> Found:
        """All calls in the order of their times; a refused one comes again a little later."""
        order = itertools.count()
        waiting = [(call.at, next(order), call) for call in calls]
        heapq.heapify(waiting)
        clock, ends, looked = self._hotline.clock, max(call.at for call in calls), 0.0
        while waiting or (self._state is not AlarmState.CALM and clock.seconds < ends + DAY):
            # While nothing is to be watched time leaps to the next call.
            leap = waiting[0][0] if waiting and self._state is AlarmState.CALM else 0.0
            clock.seconds = max(clock.seconds + STEP, leap)
            together = []
            while waiting and waiting[0][0] <= clock.seconds:
                together.append(heapq.heappop(waiting)[2])
            for few in (together[n : n + AT_ONCE] for n in range(0, len(together), AT_ONCE)):
                refused = await asyncio.gather(*(self._say(call) for call in few))
                for call, again in zip(few, refused, strict=True):
                    if again:
                        heapq.heappush(waiting, (clock.seconds + AGAIN, next(order), call))
            if clock.seconds >= looked + LOOK:
                looked = clock.seconds
                await self._look()
            self._progress(min(clock.seconds / ends, 1.0))
        self.found.own_line_locked = self._locked_out_of_their_own_line()
        return self.found

    async def _say(self, call: Call) -> bool:
        """The next thing the caller says; true if they say something again."""
        code = call.codes[call.said]
        right = code == self._town.codes[call.account]
        call.said += 1
        verdict = await self._hotline.engine.verify(
            Request(
                brand_id=self._town.brand,
                line=self._town.line(call.account),
                customer_number=None,
                digits=Secret(code),
                source=call.source,
                channel=call.channel,
                call_ref=f"simulated-{next(self._refs)}",
            )
        )
        assert not isinstance(verdict, Conflict), "no call has an idempotency key"
        outcome = Outcome.VERIFIED if isinstance(verdict, Verified) else verdict.outcome
        self._count(call, outcome, right)
        return outcome is not Outcome.VERIFIED and call.said < len(call.codes)

    def _count(self, call: Call, outcome: Outcome, right: bool) -> None:
        found = self.found
        if call.honest:
            found.honest += call.said == 1
            if right and outcome in {Outcome.STEPPED_UP, Outcome.SOURCE_LIMITED} and not call.asked:
                call.asked = True
                found.honest_stepped_up += 1
            found.honest_locked += right and outcome is Outcome.LOCKED
            return
        found.guesses += 1
        found.outcomes[outcome] += 1
        if found.first_guess is None:
            found.first_guess = self._hotline.clock.seconds
        found.broken += outcome is Outcome.VERIFIED
        serious = found.attack is not Attack.LOCKOUT
        if serious and outcome in {Outcome.VERIFIED, Outcome.WRONG} and self._state is not AlarmState.ATTACK:
            found.chances += 1 / ALL_CODES

    async def _look(self) -> None:
        self.found.looks += 1
        if self._hotline.sources is not None:
            await self._hotline.sources.read()
        if self._hotline.watch is None:
            return
        before = self._state
        now = self._hotline.clock()
        self._state = await asyncio.to_thread(self._hotline.watch.look, self._hotline.owner, self._town.brand, now)
        seconds = self._hotline.clock.seconds
        if self._state is AlarmState.ATTACK and self.found.alarm_after is None and self.found.first_guess is not None:
            self.found.alarm_after = seconds - self.found.first_guess
        if before is not AlarmState.CALM and self._state is AlarmState.CALM:
            self.found.calm_again = seconds

    def _locked_out_of_their_own_line(self) -> int:
        """Own lines that are locked though nobody called three times wrong from there: strangers must not do that."""
        row = self._hotline.owner.execute(
            "select count(*) from budget b where b.own_line and b.failures >= 3 and (select count(*) from attempt a"
            " where a.customer_id = b.customer_id and a.own_line and a.outcome = 1) < 3"
        ).fetchone()
        assert row is not None
        return int(row[0])
