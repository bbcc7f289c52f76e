"""How fast the record is sealed and checked, and that checking needs no more memory for more of it (decision 5).

``python -m bench.sealing HOME NAME`` checks what that database holds, in a process of its own, and prints JSON.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import report
from bench.engine import open_database
from tests.database import Cluster, TestDatabase
from tests.sealing import notes_of, signer_of
from werda.audit.verify_seal import Checked, verify_record
from werda.core.checkpoint import read_notes
from werda.keys.signer import verifies
from werda.store.roles import Role
from werda.usecases.seal_record import seal

CHUNK = 10_000

_FILL = (
    "insert into event (at, kind, brand_id, customer_id, call_id, actor, detail) select now() + i * interval '1 ms',"
    " 'grant:given', 1, i %% 100000, i, 'agent:' || i %% 500, jsonb_build_object('level', 1, 'number', i)"
    " from generate_series(1, %s) i"
)


def measure(cluster: Cluster, events: int) -> list[report.Row]:
    """Fill a database with so many events, seal them, and check everything against the checkpoints."""
    with cluster.copy("bench_sealing") as database:
        with database.connect() as owner:
            for _ in range(events // CHUNK):
                owner.execute(_FILL, (CHUNK,))
            owner.execute("vacuum analyze event")
        begun = time.perf_counter()
        _seal_all(database)
        sealing = time.perf_counter() - begun
        done = subprocess.run(
            [sys.executable, "-m", "bench.sealing", str(cluster.home), "bench_sealing"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout)
        [(size,)] = database.rows("select pg_total_relation_size('event') / 1e6")
    assert found["events"] >= events
    return [
        report.Row(f"seal {events:,} events", f"{events / sealing:,.0f}/s, {sealing:.0f} s", "", "", "", ""),
        report.Row(
            f"check {events:,} events ({size:,.0f} MB)",
            f"{events / found['seconds']:,.0f}/s, {found['seconds']:.0f} s; peak memory {found['peak_mb']:.0f} MB",
            "", "", "", "",
        ),
    ]  # fmt: skip


def _seal_all(database: TestDatabase) -> None:
    signer = signer_of(database)
    with database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        while seal(worker, signer, datetime.now(UTC)).checkpoint is not None:
            pass


def main() -> None:
    home, name = sys.argv[1:]
    database = open_database(Path(home), name)
    outside = read_notes(notes_of(database))
    begun = time.perf_counter()
    with database.connect() as owner:
        found = verify_record(owner, signer_of(database).public_keys, verifies, outside)
    assert isinstance(found, Checked), found
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"events": found.events, "seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main()
