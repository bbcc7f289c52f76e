"""The leader of three nodes is lost under load: nothing answered is lost, and verification comes back by itself.

`requirements.md` C1, design decision 1. Two losses: a power cut, and a machine that hangs and comes back later as if
nothing had happened, when another leads.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from drill.nodes import LOCAL, Node, Nodes, running_nodes
from tests.database import TestDatabase, werda
from tests.people import Town
from tests.races.callers import AN_HOUR, delay, running_gates
from tests.races.load import Load, fresh
from werda.store.postgres import EmbeddedPostgres
from werda.store.roles import Database, make_embedded_database, passwords_in

Row = tuple[str, ...]
HEADINGS = (
    *("what happened", "another led after", "with a standby after", "first answer after"),
    *("answered", "of them lost", "not answered"),
)
TTL = 20
"""The lease of a leader, in deploy/patroni/patroni.yml."""


def measure(folder: Path) -> list[Row]:
    """Lose the leader in both ways."""
    with running_nodes(folder) as nodes:
        database = _database(nodes, folder)
        town = Town(database)
        delay(town, AN_HOUR)
        rows = [_lose(nodes, town, "power cut", lambda leader: leader.kill(), lambda lost: lost.start())]
        nodes.wait_for_standbys(2)
        rows.append(
            _lose(
                *(nodes, town, "the machine hangs, and goes on when another leads"),
                lambda leader: leader.send(signal.SIGSTOP),
                lambda lost: lost.send(signal.SIGCONT),
            )
        )
        nodes.wait_for_standbys(2)
    return rows


def _database(nodes: Nodes, folder: Path) -> TestDatabase:
    home = folder / "home"
    hosts = tuple((LOCAL, node.port) for node in nodes.nodes)
    database = Database(hosts, "werda", "werda_owner", passwords_in(home / "database.json"))
    with nodes.connect(nodes.leader()) as superuser:
        make_embedded_database(superuser, database)
    found = TestDatabase(database, home, EmbeddedPostgres(folder / "never started"))
    made = werda("setup", environment=found.environment)
    assert made.returncode == 0, made.stderr
    return found


def _lose(
    nodes: Nodes, town: Town, what: str, lose: Callable[[Node], object], give_back: Callable[[Node], object]
) -> Row:
    """Lose the leader while callers call; what comes back afterwards must have lost nothing."""
    leader = nodes.leader()
    led = safe = answered = 0.0
    load: Load

    def disaster() -> None:
        nonlocal led, safe, answered
        begun = time.monotonic()
        lose(leader)
        time.sleep(0.5)  # what was answered before is told meanwhile
        before = len(load.answers)
        now_leads = nodes.leader(other_than=leader)
        led = time.monotonic() - begun
        while not safe or len(load.answers) == before:
            assert time.monotonic() < begun + 180, "no answers any more"
            if not safe and nodes.standbys(now_leads, "sync_state in ('sync', 'quorum')"):
                safe = time.monotonic() - begun
            if not answered and len(load.answers) > before:
                answered = time.monotonic() - begun
            time.sleep(0.02)
        answered = answered or time.monotonic() - begun
        give_back(leader)

    logs = town.database.home / what.split(" ")[0]
    logs.mkdir()
    with running_gates(town.database, logs, number=2) as gates:
        load = Load(gates, fresh(town), patience=120)
        load.run(disaster)
        assert [gate.process.poll() for gate in gates] == [None, None], "a gate died of it"
    assert load.unanswered, "nobody was waiting when it happened"
    load.check(town.database)
    return (
        what,
        f"{led:.1f} s",
        f"{safe:.1f} s",
        f"{answered:.1f} s",
        f"{len(load.answers):,}",
        "0",
        f"{load.unanswered:,}",
    )
