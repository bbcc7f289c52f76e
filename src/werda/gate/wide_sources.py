"""Wide sources: trunks, API keys, brands, all brands together (C5).

Every lane sums its minute; what all lanes summed is read here every second. Exact counting over all gates on the way of
an attempt would make every attempt wait for every other (design decision 3), so what is over its limit is known a
moment later. Sums that cannot be read any more count as exceeded: then possession is asked for.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from werda.api.failures import what_failed
from werda.core.alarm import AlarmState
from werda.core.sources import SourceLimits, WideLimit
from werda.gate.lane import Request

log = logging.getLogger(__name__)

READ_SECONDS: Final = 1.0
STALE_SECONDS: Final = 60.0
"""Sums older than this are believed no longer."""


class Reads(Protocol):
    """The part of a database connection that is used here."""

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """All rows of a query."""
        ...


@dataclass(frozen=True, slots=True)
class Minute:
    """What all lanes counted within a minute of a brand, trunk and API key; `age` is that of its beginning."""

    age: timedelta
    brand_id: int
    trunk: str
    api_key: int
    failures: int


@dataclass(frozen=True, slots=True)
class Exceeded:
    """What is over its limit: brands (all together too), trunks and API keys within a brand."""

    brands: frozenset[int] = frozenset()
    trunks: frozenset[tuple[int, str]] = frozenset()
    api_keys: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def of(cls, minutes: Iterable[Minute], limits: Mapping[int, SourceLimits]) -> "Exceeded":
        """What exceeds the limits that each brand's policy sets. Calls without a trunk or an API key have none."""
        counted = list(minutes)
        brands, trunks, api_keys = set[int](), set[tuple[int, str]](), set[tuple[int, int]]()
        for brand, brand_limits in limits.items():
            own = [minute for minute in counted if minute.brand_id == brand]
            if brand_limits.brand.exceeded(_within(brand_limits.brand, own)) or brand_limits.overall.exceeded(
                _within(brand_limits.overall, counted)
            ):
                brands.add(brand)
            trunks |= {(brand, trunk) for trunk in _over(brand_limits.trunk, own, lambda m: m.trunk) if trunk}
            api_keys |= {(brand, key) for key in _over(brand_limits.api_key, own, lambda m: m.api_key) if key}
        return cls(frozenset(brands), frozenset(trunks), frozenset(api_keys))


class WideSources:
    """Reads the sums, and says how a request stands. `limits` gives those of every brand's policy in force.

    `clock` is for tests and simulations. `tell` hears the state of every brand's alarm.
    """

    def __init__(
        self,
        connection: Reads,
        limits: Callable[[], Mapping[int, SourceLimits]],
        clock: Callable[[], datetime | None] = lambda: None,
        tell: Callable[[Mapping[int, AlarmState]], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._connection = connection
        self._limits = limits
        self._exceeded = Exceeded()
        self._read_at = -STALE_SECONDS

    async def read(self) -> None:
        """Read the sums once; raises what the database raises."""
        rows = await self._connection.fetch("select * from gate_traffic($1)", self._clock())
        self._exceeded = Exceeded.of((Minute(*row) for row in rows), self._limits())
        self._read_at = time.monotonic()
        alarms = await self._connection.fetch("select * from gate_alarms()")
        self._tell({brand: AlarmState(state) for brand, state in alarms})

    async def keep_reading(self) -> None:
        """Read every second, until cancelled."""
        while True:
            try:
                await self.read()
            except Exception as problem:  # whatever it is, the next second tries again
                log.error("the sums of sources cannot be read for now: %s", what_failed(problem))
            await asyncio.sleep(READ_SECONDS)

    def stepped_up(self, request: Request) -> bool:
        """Whether only possession lets this caller in."""
        return (
            time.monotonic() - self._read_at > STALE_SECONDS
            or request.brand_id in self._exceeded.brands
            or (request.brand_id, request.source.trunk) in self._exceeded.trunks
        )

    def refused(self, brand_id: int, api_key: int) -> bool:
        """Whether so many attempts of this API key failed that no more are taken."""
        return (brand_id, api_key) in self._exceeded.api_keys


def _within(limit: WideLimit, minutes: Iterable[Minute]) -> int:
    return sum(minute.failures for minute in minutes if minute.age < limit.window)


def _over(limit: WideLimit, minutes: Iterable[Minute], source: Callable[[Minute], Any]) -> set[Any]:
    failures: dict[Any, int] = defaultdict(int)
    for minute in minutes:
        if minute.age < limit.window:
            failures[source(minute)] += minute.failures
    return {each for each, count in failures.items() if limit.exceeded(count)}
