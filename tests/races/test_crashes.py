"""A power cut in mid-load: what was answered is in the log, and the count goes on where it was (C1).

The holes these close: an answer given before its commit; a count kept in a process's memory, which a crash restarts;
a commit whose outcome nobody knows taken for done, or for not done and counted again.
"""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from tests.database import Cluster, TestDatabase, start_cluster
from tests.gates import Gate, running_gate
from tests.people import Person, Town
from tests.races.callers import AN_HOUR, delay, offer_all, running_gates
from tests.races.load import Load, fresh
from werda.store.postgres import PostgresFailed


def test_a_gate_killed_in_mid_load_loses_no_answered_attempt(town: Town, gates: list[Gate], tmp_path: Path) -> None:
    """C1"""
    with running_gate(town.database, tmp_path / "victim.log", key=gates[0].key) as victim:
        load = Load([victim, *gates[1:]], fresh(town))
        load.run(victim.kill)
    assert load.unanswered, "the kill came when nobody was waiting"
    load.check(town.database)

    # What one gate counted, its successor knows: no crash gives anybody another guess.
    spent = [who for who in load.people if failures_of(town.database, who) >= 2]
    assert spent
    with running_gate(town.database, tmp_path / "successor.log", key=gates[0].key) as successor:
        answers = asyncio.run(offer_all([successor], [(who, who.code, False) for who in spent]))
    assert not any(answer.verified for answer in answers)


def failures_of(database: TestDatabase, person: Person) -> int:
    """Failures in a row in the budget for strange lines."""
    [(failures,)] = database.rows("select failures from budget where customer_id = %s and not own_line", person.id)
    return int(failures)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server that this test may kill; its path is short, for the sake of the socket."""
    home = Path(mkdtemp(prefix="werda-crash-"))
    try:
        with start_cluster(home) as cluster:
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("end", ["killed", "stopped in order"])
def test_postgresql_ended_in_mid_load_loses_no_answered_attempt(own_cluster: Cluster, tmp_path: Path, end: str) -> None:
    """C1, design decision 9: while it is away nobody is let in; when it is back, so are all gates."""
    with own_cluster.copy("crash") as database:
        town = Town(database)
        delay(town, AN_HOUR)
        people = fresh(town)
        with running_gates(database, tmp_path, number=2) as gates:
            load = Load(gates, people)

            def power_cut() -> None:
                if end == "killed":
                    own_cluster.postgres.kill()
                else:
                    own_cluster.postgres.stop()
                time.sleep(0.5)
                start_after_crash(own_cluster)

            load.run(power_cut)
            assert [gate.process.poll() for gate in gates] == [None, None], "a gate died of it"
        assert load.unanswered, "the kill came when nobody was waiting"
        load.check(database)


def start_after_crash(cluster: Cluster) -> None:
    """Start the server again, once the last backend of the killed one has noticed that it is an orphan."""
    deadline = time.monotonic() + 20
    while True:
        try:
            cluster.postgres.start()
        except (PostgresFailed, psycopg.OperationalError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
