"""The engine in a process of its own: so many callers at once, each verifying one customer after the other.

``python -m bench.engine HOME NAME CUSTOMERS PARALLEL SECONDS`` prints rate, latencies and CPU as JSON.
"""

import asyncio
import itertools
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import uvloop

from bench.population import anybody, code_of, line_of
from tests.database import TestDatabase
from tests.engines import running_engine
from werda.core.call import Channel, Source
from werda.core.secret import Secret
from werda.core.verdict import Verified
from werda.gate.lane import Request
from werda.store.postgres import EmbeddedPostgres
from werda.store.roles import Database, passwords_in


def open_database(home: Path, name: str) -> TestDatabase:
    """The benchmark's database, from another process."""
    postgres = EmbeddedPostgres(home / "postgres")
    database = Database.embedded(postgres.socket_folder, passwords_in(home / "database.json"))
    return TestDatabase(replace(database, name=name), home, postgres)


async def _load(database: TestDatabase, customers: int, parallel: int, seconds: float) -> dict[str, float]:
    took: list[float] = []
    calls = itertools.count(time.time_ns())
    async with running_engine(database) as engine:
        brand = engine.rulebook.by_slug["nordfunk"].id

        async def caller(until: float) -> None:
            while (begun := time.perf_counter()) < until:
                who = anybody(customers)
                source = Source(f"+4930{who:09}", trunk="carrier")  # as on a real day, nearly everybody from another
                verdict = await engine.verify(
                    Request(
                        brand, line_of(who), None, Secret(code_of(who)), source, Channel.API, f"bench-{next(calls)}"
                    )
                )
                assert isinstance(verdict, Verified), verdict
                took.append(time.perf_counter() - begun)

        await asyncio.gather(*(caller(time.perf_counter() + 0.5) for _ in range(parallel)))  # warm up
        took.clear()
        cpu, begun = time.process_time(), time.perf_counter()
        await asyncio.gather(*(caller(begun + seconds) for _ in range(parallel)))
        elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
    took.sort()
    return {
        "per_second": len(took) / elapsed,
        "p50_ms": took[len(took) // 2] * 1e3,
        "p99_ms": took[len(took) * 99 // 100] * 1e3,
        "cpu_us": cpu / len(took) * 1e6,
    }


def main() -> None:
    home, name, customers, parallel, seconds = sys.argv[1:]
    database = open_database(Path(home), name)
    print(json.dumps(uvloop.run(_load(database, int(customers), int(parallel), float(seconds)))))


if __name__ == "__main__":
    main()
