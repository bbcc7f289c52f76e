"""A power cut in mid-load: what was answered is in the log, and the count goes on where it was (C1).

The holes these close: an answer given before its commit; a count kept in a process's memory, which a crash restarts;
a commit whose outcome nobody knows taken for done, or for not done and counted again.
"""

import asyncio
import itertools
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import httpx
import psycopg
import pytest

from tests.database import Cluster, TestDatabase, start_cluster
from tests.gates import Gate, running_gate
from tests.people import Person, Town
from tests.races.callers import AN_HOUR, Answer, check_budget, check_log, delay, offer, offer_all, running_gates
from werda.store.postgres import PostgresFailed

CALLERS = 32


@dataclass
class Load:
    """Callers who never stop: most of them guess, some know their code; all are remembered."""

    gates: Sequence[Gate]
    people: Sequence[Person]
    answers: list[Answer] = field(default_factory=list)
    unanswered: int = 0
    _stop: bool = False

    def run(self, disaster: Callable[[], object]) -> None:
        """Offer on and on; when some are answered comes the disaster; after some more answers all stop.

        The disaster is in this thread: PostgreSQL dies with the thread that started it.
        """
        with ThreadPoolExecutor(1) as other_thread:
            callers = other_thread.submit(asyncio.run, self._call_all())
            try:
                self._wait_for(200, callers)
                disaster()
                self._wait_for(len(self.answers) + 200, callers)
            finally:
                self._stop = True
            callers.result()

    def _wait_for(self, number: int, callers: "Future[None]") -> None:
        deadline = time.monotonic() + 40
        while len(self.answers) < number and not callers.done():
            assert time.monotonic() < deadline, f"no answers any more, after {len(self.answers)}"
            time.sleep(0.02)

    async def _call_all(self) -> None:
        async with httpx.AsyncClient(timeout=15, limits=httpx.Limits(max_connections=None)) as client:
            await asyncio.gather(*(self._call(client, n) for n in range(CALLERS)))

    async def _call(self, client: httpx.AsyncClient, number: int) -> None:
        gates = itertools.islice(itertools.cycle(self.gates), number, None)
        while not self._stop:
            person = random.choice(self.people)
            digits = person.code if random.random() < 0.3 else person.wrong
            answer = await offer(client, next(gates), person, digits, own=random.random() < 0.5)
            if answer is None:
                self.unanswered += 1
                await asyncio.sleep(0.05)
            else:
                self.answers.append(answer)

    def check(self, database: TestDatabase) -> None:
        """Nothing answered is lost, nobody had a fourth guess."""
        check_log(database, self.answers)
        for person in self.people:
            for own in (False, True):
                check_budget(database, person, own)
        ids = [person.id for person in self.people]
        [(attempts,)] = database.rows("select count(*) from attempt where customer_id = any (%s)", ids)
        assert len(self.answers) <= attempts <= len(self.answers) + self.unanswered


def fresh(town: Town) -> list[Person]:
    """So many that budgets are still being spent when it happens."""
    return [town.person(f"{1000 + n}") for n in range(40)]


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
