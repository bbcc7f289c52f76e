"""The database's disk is full under load: PostgreSQL stops, nobody is let in, and nothing answered is lost (C1)."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg

from tests.database import Cluster, TestDatabase, start_cluster
from tests.people import Town
from tests.races.callers import AN_HOUR, delay, running_gates
from tests.races.load import Load, fresh
from werda.store.postgres import PostgresFailed

Row = tuple[str, ...]
HEADINGS = (
    "what happened",
    "meanwhile",
    "first answer after there was room",
    "answered",
    "of them lost",
    "not answered",
)
SIZE = "400m"


def measure(folder: Path) -> list[Row]:
    """On a small file system of its own. Ends with a message where this machine lets nobody make one."""
    if os.geteuid():
        raise SystemExit("the full disk is a file system made for it: run as root, or python -m drill --only failover")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)], check=True)
    try:
        with start_cluster(folder) as cluster, cluster.copy("full") as database:
            return [_fill(cluster, database, folder / "filler")]
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(cluster: Cluster, database: TestDatabase, filler: Path) -> Row:
    town = Town(database)
    delay(town, AN_HOUR)
    back, health = 0.0, 0
    load: Load

    def disaster() -> None:
        nonlocal back, health
        with suppress(OSError), filler.open("wb") as everything:
            while True:
                everything.write(bytes(1 << 16))
        refused = load.unanswered
        deadline = time.monotonic() + 120
        while load.unanswered < refused + 50:
            assert time.monotonic() < deadline, "the disk is full and all goes on"
            time.sleep(0.05)
        before = len(load.answers)
        time.sleep(3)
        health = httpx.get(f"{load.gates[0].url}/healthz").status_code
        assert health == 503
        assert len(load.answers) == before, "answered without a place for it"
        filler.unlink()
        begun = time.monotonic()
        _start_again(cluster)
        while len(load.answers) == before:
            assert time.monotonic() < begun + 120, "no answers any more"
            time.sleep(0.02)
        back = time.monotonic() - begun

    with running_gates(database, cluster.home, number=2) as gates:
        load = Load(gates, fresh(town), patience=120)
        load.run(disaster)
        assert [gate.process.poll() for gate in gates] == [None, None], "a gate died of it"
    load.check(database)
    told = f"nobody let in, `/healthz` {health}"
    return "the disk is full", told, f"{back:.1f} s", f"{len(load.answers):,}", "0", f"{load.unanswered:,}"


def _start_again(cluster: Cluster) -> None:
    """As the operator's service would; PostgreSQL may also have come back by itself."""
    deadline = time.monotonic() + 60
    while not cluster.postgres.is_running():
        assert time.monotonic() < deadline, "PostgreSQL does not come back"
        with suppress(PostgresFailed, psycopg.OperationalError):
            cluster.postgres.stop()
            cluster.postgres.start()
        time.sleep(0.2)
