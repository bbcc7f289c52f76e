"""Where attempts come from, and how many failures a source may have (C5).

A *narrow* source is one caller or few: a calling number, its block, an agent. Its failures are counted in the log
itself, in the statement that judges; store/sql/shared says the same in SQL, a test holds the two together. A
*wide* source is many callers: a trunk, an API key, a brand, all brands. Its failures are summed by the minute and read
a moment later. Where an honest person may be behind a source it is stepped up and not shut: a code alone lets nobody in
any more, possession still does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from werda.core.call import Source
from werda.core.method import Method

SHORTEST_BLOCK: Final = 8
"""Numbers with fewer characters belong to no block."""

POSSESSION: Final = frozenset({Method.PUK, Method.CALL_CODE, Method.LETTER_CODE})
"""The methods that show that somebody holds something; the customer's own asserted line is possession, too."""


class Standing(Enum):
    """How an attempt from a source is treated."""

    OPEN = "open"
    STEPPED_UP = "stepped_up"  # only possession lets somebody in
    LIMITED = "limited"  # nothing is evaluated


@dataclass(frozen=True, slots=True)
class NarrowLimit:
    """So many `failures` within `window` are evaluated; failures on so many different `accounts` step it up."""

    window: timedelta
    failures: int
    accounts: int

    def standing(self, failures: int, accounts: int, ahead: int = 0) -> Standing:
        """After so many failures on so many accounts; `ahead` failed in the same batch, each on another account."""
        if failures + ahead >= self.failures:
            return Standing.LIMITED
        return Standing.STEPPED_UP if accounts + ahead >= self.accounts else Standing.OPEN


@dataclass(frozen=True, slots=True)
class WideLimit:
    """From so many `failures` within `window` on it is stepped up; an API key is refused instead."""

    window: timedelta
    failures: int

    def exceeded(self, failures: int) -> bool:
        """Whether so many are too many."""
        return failures >= self.failures


_HOUR: Final = timedelta(hours=1)
_QUARTER: Final = timedelta(
    minutes=15
)  # honest callers behind a wide source are asked for possession as long as it lasts


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What a brand's policy says. `exempt` numbers count for no number or block: relay services, for one (E1)."""

    number: NarrowLimit = NarrowLimit(_HOUR, 10, 3)
    block: NarrowLimit = NarrowLimit(_HOUR, 50, 15)
    agent: NarrowLimit = NarrowLimit(_HOUR, 60, 30)
    trunk: WideLimit = WideLimit(_QUARTER, 500)
    api_key: WideLimit = WideLimit(_QUARTER, 500)
    brand: WideLimit = WideLimit(_QUARTER, 1_000)
    overall: WideLimit = WideLimit(_QUARTER, 2_500)
    exempt: frozenset[str] = field(default_factory=frozenset)

    @property
    def narrow(self) -> tuple[float, ...]:
        """The narrow limits as verify.sql takes them: window in seconds, failures, accounts; number, block, agent."""
        return tuple(
            float(value)
            for limit in (self.number, self.block, self.agent)
            for value in (limit.window.total_seconds(), limit.failures, limit.accounts)
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """A wrong secret, or an attempt on a number that nobody has, as the log holds it."""

    at: datetime
    account: int
    number: str | None
    agent: int | None


def standing(
    limits: SourceLimits, source: Source, failures: Iterable[Failure], now: datetime, *, own_line: bool
) -> Standing:
    """How an attempt from `source` is treated after `failures`.

    A call from the customer's own asserted line counts for no number and block: strangers can show that number, and
    must not shut it (C3).
    """
    if source.calling_number in limits.exempt:
        return Standing.OPEN
    number = None if own_line else source.calling_number
    block = block_of(number) if number else None
    log = list(failures)
    found = [Standing.OPEN]
    for limit, of in (
        (limits.number, [f for f in log if number and f.number == number]),
        (limits.block, [f for f in log if block and f.number and f.number[:-2] == block]),
        (limits.agent, [f for f in log if source.agent is not None and f.agent == source.agent]),
    ):
        recent = [failure for failure in of if failure.at > now - limit.window]
        found.append(limit.standing(len(recent), len({failure.account for failure in recent})))
    return max(found, key=list(Standing).index)


def block_of(number: str) -> str | None:
    """The block of a calling number: all but its last two digits."""
    return number[:-2] if len(number) >= SHORTEST_BLOCK else None
