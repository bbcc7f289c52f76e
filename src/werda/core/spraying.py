"""Find out that a brand is sprayed: few guesses on many accounts, which no account's own limit notices (C6).

Only sums are looked at, never a guess. Three things tell strangers who guess from customers who err:

- *Concentration.* Customers' wrong codes are spread like their random codes are; whoever guesses says what most people
  choose, so few of the sketch's buckets fill. Measured as pairs of wrong codes in one bucket against the pairs that
  chance makes, a Poisson number (Schechter et al., Popularity is everything; Friedman's index of coincidence).
- *Slips.* A customer's wrong code is often one slip of the finger away from the right one, a guess seldom: 39 of 9 999
  codes are. Measured against the share that is usual at this brand, a binomial number; so random guesses show, too.
- *Surge.* Many more failures than usual at this hour of the week. Alone it proves nothing: a mailing can cause it.

What ten minutes show can make an attack; a whole day, which finds the low and slow, makes a brand suspicious at most:
a slow attack breaks little in a day, and asking everybody for possession for days would cost more than it saves.
How clear a sign must be is the brand's to say (core.alarm.Sensitivity). Chance alone passes five standard deviations
once in three million looks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

from werda.core.alarm import AlarmState, Sensitivity

BUCKETS: Final = 256
RECENT: Final = timedelta(minutes=10)
LONG: Final = timedelta(days=1)

USUAL_SLIPS: Final = 0.35
"""The share of slips among wrong codes that is expected where a brand's own is not known yet."""

STANDARD: Final = Sensitivity()
_ENOUGH: Final = 20  # wrong codes; of fewer a handful in one bucket is no crowd


@dataclass(frozen=True, slots=True)
class Sums:
    """What was counted in a window; of wrong codes the first in a row for an account.

    `buckets` holds the counts of each day's buckets, as each day has its key.
    """

    attempts: int = 0
    failures: int = 0
    compared: int = 0
    near: int = 0
    buckets: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual at a brand: the share of `slips` among wrong codes; `failures` in ten minutes, None: not known."""

    slips: float = USUAL_SLIPS
    failures: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a window shows of so many wrong `codes`.

    `concentration`: how many times the pairs of chance. `strangers`: the share of wrong codes that customers' slips do
    not explain. `surge`: how many times the usual failures, None where that is not known. The sigmas say in standard
    deviations how unlikely chance is.
    """

    codes: int
    concentration: float
    concentration_sigma: float
    strangers: float
    strangers_sigma: float
    surge: float | None
    surges: bool
    sensitivity: Sensitivity = STANDARD

    @classmethod
    def of(cls, sums: Sums, usual: Usual, sensitivity: Sensitivity = STANDARD) -> "Evidence":
        """Of a window; its failures are compared with the usual ones only if it is a recent one."""
        pairs, by_chance = _pairs(sums.buckets)
        expected = usual.slips * sums.compared
        often = usual.failures
        return cls(
            codes=sum(map(sum, sums.buckets)),
            concentration=pairs / by_chance if by_chance else 1.0,
            concentration_sigma=(pairs - by_chance) / sqrt(max(by_chance, 1.0)),
            strangers=max(0.0, 1 - sums.near / expected) if expected else 0.0,
            strangers_sigma=(expected - sums.near) / sqrt(max(expected * (1 - usual.slips), 1.0)),
            surge=None if often is None else sums.failures / max(often, 1.0),
            surges=often is not None and sums.failures > sensitivity.surge * often + 6 * sqrt(often) + 30,
            sensitivity=sensitivity,
        )

    @property
    def state(self) -> AlarmState:
        """What this shows by itself."""
        sure, very_sure = self.sensitivity.suspicious, self.sensitivity.attack
        concentrated = self.codes >= _ENOUGH and self.concentration >= 1.5 and self.concentration_sigma >= sure
        strange = self.strangers >= 0.3 and self.strangers_sigma >= sure
        overwhelmed = self.strangers >= 0.6 and self.strangers_sigma >= very_sure
        if (
            (concentrated and self.concentration >= 2 and self.concentration_sigma >= very_sure)
            or (overwhelmed and self.surge is None)  # customers with new codes who say the old ones are as many as ever
            or (self.surges and (concentrated or strange))
        ):
            return AlarmState.ATTACK
        return AlarmState.SUSPICIOUS if concentrated or strange or self.surges else AlarmState.CALM


@dataclass(frozen=True, slots=True)
class Alarm:
    """Whether a brand is under attack. `held_until` keeps a state: that of a hand, or that the evidence last showed."""

    state: AlarmState = AlarmState.CALM
    since: datetime | None = None
    by_hand: bool = False
    held_until: datetime | None = None

    def after(self, found: AlarmState, now: datetime, quiet: timedelta) -> "Alarm":
        """The alarm after a look that found `found`.

        It rises at once, and falls to calm when `quiet` has passed without what it was raised for: what is still there
        raises it again, by what comes from then on. Set by hand it stays until `held_until`.
        """
        held = self.held_until is not None and now < self.held_until
        if self.by_hand and held:
            return self
        if found > self.state:
            return Alarm(found, now, held_until=now + quiet)
        if found is self.state is not AlarmState.CALM:
            return Alarm(self.state, self.since, held_until=now + quiet)
        return self if held or self.state is AlarmState.CALM else Alarm(AlarmState.CALM, now)


def look(
    recent: Sums, long: Sums, usual: Usual, before: AlarmState, *, respond: bool, sensitivity: Sensitivity = STANDARD
) -> tuple[AlarmState, Evidence, Evidence]:
    """What the last ten minutes and the last day show together; an attack only where the brand wants a response.

    While there is an attack the day is not asked: it would hold for another day what the attack left in it.
    """
    now = Evidence.of(recent, usual, sensitivity)
    day = Evidence.of(long, Usual(usual.slips), sensitivity)
    found = now.state if before is AlarmState.ATTACK else max(now.state, min(day.state, AlarmState.SUSPICIOUS))
    return (found if respond else min(found, AlarmState.SUSPICIOUS)), now, day


def usual_slips(days: Iterable[tuple[int, int]]) -> float:
    """The usual share of slips from days of (compared, near): their median, so that single ones do not move it."""
    shares = sorted(near / compared for compared, near in days if compared >= 50)
    return min(max(shares[len(shares) // 2], 0.1), 0.9) if len(shares) >= 3 else USUAL_SLIPS


def _pairs(days: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Pairs in one bucket, and how many chance makes of as many wrong codes."""
    pairs = sum(count * (count - 1) / 2 for buckets in days for count in buckets)
    totals = [sum(buckets) for buckets in days]
    return pairs, sum(total * (total - 1) / 2 for total in totals) / BUCKETS
