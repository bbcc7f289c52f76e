"""C7 in time: do unknown, locked, too early and wrong take equally long? A caller must not hear the difference.

``python -m bench.equality HOME NAME CUSTOMERS EACH`` offers wrong codes one after the other, the kinds shuffled
within each round, and prints for each kind how its latencies compare with those of *wrong*: the difference of the
medians, the chance that one of its attempts takes longer than a wrong one (Mann-Whitney; 0.5: no difference), and
Welch's t of the 90 % fastest (as dudect does; below 4.5 nothing was found). What a table grows or a machine drifts
meets all kinds alike.
"""

import itertools
import json
import math
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench.engine import open_database
from bench.population import code_of, line_of
from tests.database import TestDatabase
from tests.engines import running_engine
from werda.core.call import Channel, Source
from werda.core.secret import Secret
from werda.core.verdict import Outcome, Refused
from werda.gate.lane import Request

KINDS = (Outcome.UNKNOWN, Outcome.LOCKED, Outcome.TOO_EARLY, Outcome.WRONG)
WARM_UP = 200


def prepare(database: TestDatabase, customers: int) -> dict[Outcome, range]:
    """Quarters of the customers that are locked, wait, and are as they came."""
    quarter = customers // 4
    locked, early, wrong = (range(1 + n * quarter, 1 + (n + 1) * quarter) for n in range(3))
    with database.connect() as owner:
        owner.execute(
            "update budget set failures = 3 where customer_id between %s and %s", (locked.start, locked.stop - 1)
        )
        owner.execute(
            "update budget set failures = 2, not_before = now() + interval '1 day' where customer_id between %s and %s",
            (early.start, early.stop - 1),
        )
        owner.execute("vacuum analyze budget")
    return {Outcome.LOCKED: locked, Outcome.TOO_EARLY: early, Outcome.WRONG: wrong}


async def latencies(database: TestDatabase, customers: int, each: int) -> dict[Outcome, list[float]]:
    """Seconds of each attempt, by kind; a customer of the last quarter fails twice at most."""
    quarters = prepare(database, customers)
    took: dict[Outcome, list[float]] = {kind: [] for kind in KINDS}
    callers = itertools.count(1)  # each from a telephone and a block of its own, or sources would refuse them all (C5)
    async with running_engine(database, lanes=1) as engine:
        brand = engine.rulebook.by_slug["nordfunk"].id
        for number in range(-WARM_UP, each):
            for kind in random.sample(KINDS, len(KINDS)):
                among = quarters.get(kind)
                who = among[number % len(among)] if among else customers + 1 + number % 100_000 + WARM_UP
                digits = Secret(f"{(int(code_of(who)) + 1111) % 10_000:04}")
                call = f"equal-{kind}-{number}"
                source = Source(f"+4930{next(callers):07}00", trunk="carrier")
                request = Request(brand, line_of(who), None, digits, source, Channel.API, call)
                begun = time.perf_counter()
                verdict = await engine.verify(request)
                spent = time.perf_counter() - begun
                assert isinstance(verdict, Refused), verdict
                # A decoy locks like everybody: an unknown number stays one, whatever became of it.
                if number >= 0 and (kind is Outcome.UNKNOWN or verdict.outcome is kind):
                    took[kind].append(spent)
    return took


def longer(one: Sequence[float], other: Sequence[float]) -> float:
    """The chance that a value of `one` is larger than one of `other`, ties by half (Mann-Whitney's U as a share)."""
    ranked = sorted([(value, True) for value in one] + [(value, False) for value in other])
    ranks, first = 0.0, 0
    while first < len(ranked):
        last = first
        while last < len(ranked) and ranked[last][0] == ranked[first][0]:
            last += 1
        ranks += sum(mine for _, mine in ranked[first:last]) * (first + last + 1) / 2
        first = last
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def welch(one: Sequence[float], other: Sequence[float]) -> float:
    """Welch's t of the values below the common 90th percentile."""
    cut = sorted([*one, *other])[(len(one) + len(other)) * 9 // 10]
    a, b = ([value for value in values if value <= cut] for values in (one, other))
    error = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    return (statistics.fmean(a) - statistics.fmean(b)) / error if error else 0.0


def main() -> None:
    home, name, customers, each = sys.argv[1:]
    took = uvloop.run(latencies(open_database(Path(home), name), int(customers), int(each)))
    wrong = took[Outcome.WRONG]
    median = statistics.median(wrong)
    found = {
        kind.slug: {
            "count": len(values),
            "median_ms": statistics.median(values) * 1e3,
            "difference": statistics.median(values) / median - 1,
            "longer": longer(values, wrong),
            "t": welch(values, wrong),
        }
        for kind, values in took.items()
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
