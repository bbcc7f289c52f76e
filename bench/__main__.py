"""`make bench` and `make drill`: measure, print a table, and keep it in docs/performance.md when asked to.

Rounds of reference and candidates take turns, so that a machine whose speed drifts treats all alike; what is compared
is the ratio within a round, and its median is quoted.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

_folder = Path(tempfile.mkdtemp(prefix="werda-bench-"))
os.environ["WERDA_HOME"] = str(_folder)

from bench import import_rates, print_run, report, sealing  # noqa: E402
from bench.cpu import cpu_seconds, memory  # noqa: E402
from bench.population import populate  # noqa: E402
from bench.reference import Pgbench  # noqa: E402
from tests.database import Cluster, start_cluster  # noqa: E402
from tests.gates import Gate, free_port, running_gate  # noqa: E402

PARALLEL = (1, 16, 64)
PARTS = ("verification", "equality", "import", "papers", "sealing")
EACH = 10_000
"""Attempts of each kind that are compared (C7)."""


@dataclass
class Rounds:
    """The figures of one candidate, round by round."""

    per_second: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def add(self, found: dict[str, float], reference: float, cpu_us: float) -> None:
        self.per_second.append(found["per_second"])
        self.ratio.append(found["per_second"] / reference)
        self.p50_ms.append(found["p50_ms"])
        self.p99_ms.append(found["p99_ms"])
        self.cpu_us.append(cpu_us)

    def row(self, name: str, goal: str) -> report.Row:
        median = statistics.median
        return report.Row(
            name,
            f"{median(self.per_second):,.0f}/s",
            f"{median(self.ratio):.2f}",
            goal,
            f"{median(self.cpu_us):.0f} µs",
            f"{median(self.p50_ms):.1f} / {median(self.p99_ms):.1f} ms",
        )


def _json(module: str, *arguments: object, stdin: str = "") -> dict[str, Any]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _postmaster(cluster: Cluster) -> int:
    """The postmaster as the operating system numbers it; its own file may number it inside a namespace."""
    process = cluster.postgres._process
    assert process is not None
    return process.pid


def measure(cluster: Cluster, pgbench: Pgbench, customers: int, rounds: int, seconds: int) -> list[report.Row]:
    """Reference, engine and HTTP with so many customers."""
    print(f"filling a database with {customers:,} customers", file=sys.stderr)
    name = f"bench_{customers}"
    with cluster.copy(name) as database:
        populate(database, customers)
        postmaster = _postmaster(cluster)
        reference: dict[int, list[float]] = {n: [] for n in PARALLEL}
        engine = {n: Rounds() for n in PARALLEL}
        http = Rounds()
        with running_gate(database, _folder / "gate.log", level="WARNING") as gate:
            for number in range(rounds):
                print(f"  round {number + 1} of {rounds}", file=sys.stderr)
                for n in PARALLEL:
                    updates = pgbench.per_second(n, seconds)
                    reference[n].append(updates)
                    before = cpu_seconds(postmaster)
                    found = _json("bench.engine", cluster.home, name, customers, n, seconds)
                    # The engine's own warm-up adds half a second of work, which the division leaves in.
                    spent = (cpu_seconds(postmaster) - before) / (found["per_second"] * (seconds + 0.5)) * 1e6
                    engine[n].add(found, updates, found["cpu_us"] + spent)
                before = cpu_seconds(postmaster, gate.process.pid)
                found = _json("bench.http_load", gate.port, customers, 64, seconds, stdin=gate.key)
                spent = (cpu_seconds(postmaster, gate.process.pid) - before) / found["count"] * 1e6
                http.add(found, reference[64][-1], spent)
            rows = [
                *(
                    report.Row(
                        f"pgbench update, {n} parallel", f"{statistics.median(reference[n]):,.0f}/s", "1", "", "", ""
                    )
                    for n in PARALLEL
                ),
                *(engine[n].row(f"engine, {n} parallel", "≥ 0.8" if n == 64 else "") for n in PARALLEL),
                http.row("HTTP, 64 parallel", "≥ 0.4; ≤ 200 µs"),
                *_fastagi(gate, customers),
                *_memory(gate, postmaster),
            ]
    return rows


def _fastagi(gate: Gate, customers: int) -> list[report.Row]:
    before = cpu_seconds(gate.process.pid)
    found = _json("bench.fastagi_calls", gate.fastagi_port, customers, 30, 10)
    assert found["verified"] == found["calls"], found
    spent = (cpu_seconds(gate.process.pid) - before) / found["calls"] * 1e3
    return [report.Row("FastAGI, 30 calls/s", f"{found['calls']} calls", "", "≤ 3 ms", f"{spent:.1f} ms", "")]


def _memory(gate: Gate, postmaster: int) -> list[report.Row]:
    """After all the load; the pages after their first answer."""
    port = free_port()
    command = [sys.executable, "-m", "werda", "serve", "--only", "pages"]
    pages = subprocess.Popen(
        command, env={**gate.environment, "WERDA_PAGES_PORT": str(port)}, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                assert httpx.get(f"http://127.0.0.1:{port}/desk/sign-in/").status_code == 200
                break
            time.sleep(0.1)
        processes = (("gate", gate.process.pid), ("pages", pages.pid), ("PostgreSQL, all processes", postmaster))
        return [
            report.Row(f"memory of {name}", f"{memory(pid).private:.0f} MB", "", "", "", "") for name, pid in processes
        ]
    finally:
        pages.terminate()
        pages.wait()


def _equality(cluster: Cluster) -> list[report.Row]:
    """What a stopwatch tells about why somebody was refused (C7)."""
    customers = 4 * EACH
    with cluster.copy("bench_equality") as database:
        populate(database, customers)
        found = _json("bench.equality", cluster.home, "bench_equality", customers, EACH)
    return [
        report.Row(
            f"{kind.replace('_', ' ')}, {of['count']:,} attempts",
            f"median {of['median_ms']:.3f} ms, {of['difference']:+.1%};"
            f" longer than wrong: {of['longer']:.1%}; t {of['t']:+.1f}",
            "",
            "" if kind == "wrong" else "±3 %; 50 ± 3 %",
            "",
            "",
        )
        for kind, of in found.items()
    ]


def _imports(cluster: Cluster) -> list[report.Row]:
    with cluster.copy("bench_import") as database:
        populate(database, 1)
        rates = import_rates.measure(
            database.database, _postmaster(cluster), "nordfunk", database.verifier, database.custody, _folder
        )
    return [
        report.Row(
            f"import, {rate.kind}",
            f"{rate.per_core:,.0f} rows/s a core, {rate.per_second:,.0f}/s by the clock",
            "",
            "" if "again" in rate.kind else "≥ 20,000",
            f"{rate.python / rate.rows * 1e6:.0f} + {rate.postgres / rate.rows * 1e6:.0f} µs",
            "",
        )
        for rate in rates
    ]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--drill", action="store_true", help="ten million customers too; takes an hour and 15 GB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="for each measurement of a round")
    parser.add_argument("--customers", type=int, nargs="*", help="other sizes than 10 000 and 1 000 000")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/performance.md")
    chosen = parser.parse_args(arguments)
    sizes = chosen.customers or [10_000, 1_000_000, *([10_000_000] if chosen.drill else [])]
    tables: list[report.Table] = []

    def measured(title: str, rows: list[report.Row]) -> None:
        tables.append(report.Table(title, rows))
        print(tables[-1], flush=True)

    wanted = [chosen.only] if chosen.only else PARTS
    with start_cluster(_folder) as cluster:
        if "verification" in wanted:
            pgbench = Pgbench(cluster.postgres, _folder)
            for customers in sizes:
                measured(
                    f"{customers:,} customers", measure(cluster, pgbench, customers, chosen.rounds, chosen.seconds)
                )
        if "equality" in wanted:
            measured("Equality of refusals", _equality(cluster))
        if "import" in wanted:
            measured("Import", _imports(cluster))
        if "sealing" in wanted:
            measured("The record", sealing.measure(cluster, 10_000_000 if chosen.drill else 100_000))
        if "papers" in wanted:
            measured("Papers", print_run.rows(print_run.measure()))
    if chosen.write:
        report.keep(tables, Path("docs/performance.md"))


if __name__ == "__main__":
    main(sys.argv[1:])
