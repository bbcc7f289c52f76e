"""A process follows its rings: over a lost connection and a swapped file, and never with keys of another database."""

import signal
import threading
from pathlib import Path

import pytest

from tests.database import TestDatabase
from tests.keys.keytown import KeyTown, soon
from werda.keys import keyset, ring
from werda.keys.custody import Custody
from werda.keys.ring import BadKeyRing, RingName
from werda.store.roles import Role
from werda.usecases.hold_keys import HeldKeys
from werda.usecases.rotate_key import Added, Behind, Promoted


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> KeyTown:
    return KeyTown(database, tmp_path)


def held_keys(town: KeyTown) -> HeldKeys:
    return HeldKeys(lambda: town.database.database.connect(Role.CUSTODY, autocommit=True), town.keys)


def cut(town: KeyTown) -> None:
    """End the sessions of the role custody, as a failover does."""
    with town.database.postgres.connect() as superuser:
        superuser.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'werda_custody'")


def test_a_process_says_again_what_it_holds_after_a_lost_connection(town: KeyTown) -> None:
    held = held_keys(town)
    used = held.ring(Custody)
    held.watch()
    cut(town)
    assert isinstance(town.step(RingName.CUSTODY), Added)
    soon(lambda: isinstance(town.step(RingName.CUSTODY), Behind), seconds=5)
    soon(lambda: held.ring(Custody).key_ids != used.key_ids)
    held.close()


def test_a_process_that_slept_through_a_rotation_takes_the_ring_as_it_is_now(town: KeyTown) -> None:
    held = held_keys(town)
    held.ring(Custody)
    cut(town)
    town.rotate(RingName.CUSTODY)
    held.watch()
    soon(lambda: held.ring(Custody).key_id == town.database.custody.key_id)
    held.close()


def test_a_process_with_keys_of_another_database_ends(town: KeyTown, monkeypatch: pytest.MonkeyPatch) -> None:
    """B5: what it would write nobody could read."""
    ended = threading.Event()
    monkeypatch.setattr("os.kill", lambda _pid, how: ended.set() if how == signal.SIGTERM else None)
    held = held_keys(town)
    held.ring(Custody)
    cut(town)
    with town.database.connect() as owner:
        owner.execute("update key_canary set value = '\\x00' where ring = 'custody'")
    held.watch()
    assert ended.wait(10)
    held.close()


def test_a_ring_that_does_not_fit_is_not_taken_over(town: KeyTown) -> None:
    """A swapped ring file: what runs goes on with what it has, what starts is refused."""
    held = held_keys(town)
    before = held.ring(Custody)
    held.watch()
    town.keys.joinpath("custody.json").unlink()
    ring.create(town.keys, RingName.CUSTODY)
    with town.database.connect() as owner:
        owner.execute("notify werda_keys")
    other = held_keys(town)
    with pytest.raises(BadKeyRing, match="does not fit"):
        other.ring(Custody)
    other.close()
    assert held.ring(Custody) is before
    held.close()


def test_a_key_that_is_not_promoted_may_not_be_written_under(town: KeyTown) -> None:
    """B5: a ring whose primary key was changed by hand is refused."""
    added = town.step(RingName.CUSTODY)
    assert isinstance(added, Added)
    text = ring.text_of(town.keys, RingName.CUSTODY)
    ring.write(town.keys, RingName.CUSTODY, keyset.with_primary(text, added.key_id))
    held = held_keys(town)
    with pytest.raises(BadKeyRing, match="which is added in this database"):
        held.ring(Custody)
    held.close()
    ring.write(town.keys, RingName.CUSTODY, text)
    assert isinstance(town.step(RingName.CUSTODY), Promoted)
