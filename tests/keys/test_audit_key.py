"""The key that signs checkpoints is rotated or lost, and what it signed stays checked (B5, design decision 14)."""

import base64
import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.database import TestDatabase, werda
from tests.keys.keytown import KeyTown, soon
from tests.people import Person
from tests.sealing import notes_of, seal_now, signer_of
from werda.audit.verify_seal import BrokenSeal, Checked, verify_record
from werda.core.checkpoint import Signed, key_hash, read_notes
from werda.keys import keyset, ring
from werda.keys.ring import RingName
from werda.keys.signer import Signer, verifies
from werda.store.roles import Role
from werda.usecases.hold_keys import HeldKeys
from werda.usecases.retire_key import Retired
from werda.usecases.rotate_key import Added, Behind, Promoted, Unsealed, rotate_step
from werda.usecases.seal_record import seal

AUDIT = RingName.AUDIT
EVENT = "insert into event (at, kind, actor, detail) values (now(), 'grant:given', 'agent:7', '{}')"
SCRIPT = Path(__file__).parents[2] / "docs" / "verify_proof.py"


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> KeyTown:
    return KeyTown(database, tmp_path)


def happens(town: KeyTown, person: Person | None = None) -> None:
    """Something is recorded and sealed."""
    with town.database.connect() as owner:
        owner.execute(
            "insert into event (at, kind, brand_id, customer_id, actor, detail)"
            " values (%s, 'grant:given', %s, %s, 'agent:7', '{}')",
            (town.now, town.brand, person.id if person else None),
        )
    seal_now(town.database, town.now)


def key_of(town: KeyTown) -> bytes:
    return signer_of(town.database).public_key


def check(town: KeyTown, *believed: bytes, outside: list[Signed | None] | None = None) -> Checked | BrokenSeal:
    with town.database.connect() as owner:
        found = verify_record(owner, believed, verifies, outside or ())
    assert isinstance(found, Checked | BrokenSeal)
    return found


def audit(town: KeyTown, *arguments: str) -> tuple[int, str]:
    done = werda("audit", *arguments, environment=town.database.environment)
    return done.returncode, done.stdout + done.stderr


def test_another_key_signs_and_the_former_ones_checkpoints_stay_good(town: KeyTown) -> None:
    """Whichever of the two somebody has, they check everything, and what lies outside."""
    happens(town)
    old = key_of(town)
    assert isinstance(town.step(AUDIT), Added)
    happens(town)
    assert key_of(town) == old
    assert isinstance(town.step(AUDIT), Promoted)
    new = key_of(town)
    assert new != old
    happens(town)
    named = [note.key_hash for note in read_notes(notes_of(town.database)) if note]
    assert named == [key_hash(old)] * (len(named) - 1) + [key_hash(new)]
    for believed in (old, new):
        found = check(town, believed, outside=read_notes(notes_of(town.database)))
        assert isinstance(found, Checked), found
        assert [(reign.public_key, reign.announced) for reign in found.keys] == [(old, True), (new, True)]
    assert isinstance(town.retire(AUDIT), Retired)
    assert keyset.key_ids(ring.text_of(town.keys, AUDIT)) == [signer_of(town.database).key_id]
    happens(town)
    assert isinstance(check(town, old, outside=read_notes(notes_of(town.database))), Checked)


def test_the_change_is_an_event_that_the_former_key_signed_and_sealed(town: KeyTown) -> None:
    old = signer_of(town.database)
    town.rotate(AUDIT)
    [(detail, sealed_in)] = town.database.rows(
        "select e.detail, (select note from sealed_checkpoint where size > l.leaf order by size limit 1) from event e"
        " join event_seal s on s.event_id = e.id join seal_leaf l on l.log = 2 and l.batch = s.batch_id"
        " where e.kind = 'key:added'"
    )
    [note] = read_notes(sealed_in)
    assert note is not None
    assert note.key_hash == key_hash(old.public_key)
    text = f"werda/audit key\n{detail['public']}\n".encode()
    assert verifies(old.public_key, text, base64.b64decode(detail["signature"]))
    assert base64.b64decode(detail["public"]) == key_of(town)


def test_a_key_is_not_promoted_before_its_announcement_is_sealed(town: KeyTown) -> None:
    """Work that began before delays the seal, and so the rotation; it is let end and the command repeated."""
    with town.database.database.connect(Role.OWNER) as slow:
        slow.execute("insert into event (at, kind, actor, detail) values (now(), 'key:added', 'operator', '{}')")
        assert isinstance(town.step(AUDIT), Added)
        assert isinstance(town.step(AUDIT), Unsealed)
        assert town.states(AUDIT) == ["primary", "added"]
        slow.commit()
    assert isinstance(town.step(AUDIT), Promoted)


def test_a_worker_that_has_not_the_new_key_delays_the_rotation(town: KeyTown) -> None:
    with town.custody() as worker:
        there = signer_of(town.database)
        worker.execute("select * from hold_ring('audit', %s, %s)", ([there.key_id], there.key_id)).fetchall()
        assert isinstance(town.step(AUDIT), Added)
        assert isinstance(town.step(AUDIT), Behind)
    assert isinstance(town.step(AUDIT), Promoted)


def test_of_two_workers_the_one_that_learns_late_signs_no_more(town: KeyTown) -> None:
    """The checkpoints of a key stand together."""
    late = signer_of(town.database)
    town.rotate(AUDIT)
    with town.custody() as worker:
        assert seal(worker, late, town.now).checkpoint is not None, "it went on until the new key signed"
        happens(town)
        with town.database.connect() as owner:
            owner.execute(EVENT)
        assert seal(worker, late, town.now).checkpoint is None
    seal_now(town.database, town.now)
    assert isinstance(check(town, key_of(town)), Checked)


def test_the_worker_follows_a_rotation_while_it_seals(town: KeyTown) -> None:
    """No restart, no second key in between, and nothing left unsealed."""
    held = HeldKeys(town.custody, town.keys).watch()
    stop = threading.Event()

    def seals() -> None:
        with town.custody() as worker:
            while not stop.wait(0.05):
                worker.execute(EVENT)
                seal(worker, held.ring(Signer), datetime.now(UTC))

    old = held.ring(Signer).public_key
    thread = threading.Thread(target=seals)
    thread.start()
    try:
        for command in ("rotate", "retire"):
            done = werda("keys", command, "audit", environment=town.database.environment)
            assert done.returncode == 0, done.stderr
            if command == "rotate":
                soon(lambda: held.ring(Signer).public_key != old)
                time.sleep(1.5)  # until nothing writes under the former key any more
    finally:
        stop.set()
        thread.join()
        held.close()
    found = check(town, old)
    assert isinstance(found, Checked), found
    assert [reign.announced for reign in found.keys] == [True, True]
    assert found.unsealed <= 2


def test_retiring_waits_for_the_new_key_to_have_signed(town: KeyTown) -> None:
    """Whoever is given the new key alone must find a record whose end it signed; the command sees to it."""
    happens(town)
    town.rotate(AUDIT)
    with town.database.database.connect(Role.OWNER) as slow:
        slow.execute("select pg_advisory_xact_lock(hashtextextended('werda:seal', 0))")
        assert isinstance(town.retire(AUDIT), Unsealed)
    assert isinstance(town.retire(AUDIT), Retired)
    assert isinstance(check(town, key_of(town)), Checked)


def test_who_writes_into_the_database_makes_no_key_believed(town: KeyTown, tmp_path: Path) -> None:
    """A key of theirs among the canaries, announced by an event that the worker seals, signs the next checkpoint."""
    happens(town)
    old = key_of(town)
    ring.create(tmp_path / "thief", AUDIT)
    theirs = Signer(ring.load(tmp_path / "thief", AUDIT))
    public = base64.b64encode(theirs.public_key).decode()
    said = {"ring": "audit", "key": theirs.key_id, "public": public}
    forged = base64.b64encode(theirs.sign(f"werda/audit key\n{public}\n".encode())).decode()
    with town.database.connect() as owner:
        owner.execute(
            "insert into event (at, kind, actor, detail) values (now(), 'key:added', 'operator', %s)",
            (json.dumps({**said, "signature": forged}),),
        )
        seal_now(town.database, town.now)
        owner.execute("update key_canary set state = 'former' where ring = 'audit'")
        owner.execute(
            "insert into key_canary (ring, key_id, value) values ('audit', %s, %s)", (theirs.key_id, theirs.public_key)
        )
        owner.execute(EVENT)
        assert seal(owner, theirs, town.now).checkpoint is not None
    found = check(town, old)
    assert isinstance(found, BrokenSeal)
    assert "nor with one that was announced under it" in found.reason


def prove(town: KeyTown, person: Person, file: Path) -> None:
    status, words = audit(town, "prove", "--brand", "nordfunk", "--customer", person.number, str(file))
    assert status == 0, words


def run_script(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_customers_proof_holds_with_a_key_from_before_the_rotation_and_with_the_new_one(
    town: KeyTown, tmp_path: Path
) -> None:
    """A8: also twice rotated, and a proof from before with a key from after beside it."""
    person = town.person("4711")
    happens(town, person)
    first = audit(town, "key")[1].strip()
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    prove(town, person, before)
    for _ in range(2):
        town.rotate(AUDIT)
        happens(town, person)
        assert isinstance(town.retire(AUDIT), Retired)
    prove(town, person, after)
    keys = audit(town, "key")[1].split()
    assert (len(keys), keys[-1]) == (3, first)
    for key in (first, keys[0]):
        status, words = run_script(str(after), key)
        assert (status, words[:31]) == (0, "3 records are in the record tha"), words
    assert run_script(str(before), first)[0] == 0
    assert "not signed with this key" in run_script(str(before), keys[0])[1]
    assert run_script(str(before), *keys)[0] == 0
    content: dict[str, Any] = json.loads(after.read_text())
    content["keys"][0]["signature"] = content["keys"][1]["signature"]
    after.write_text(json.dumps(content))
    assert run_script(str(after), first)[0] == 1, "a key was believed that nobody signed"


def test_commands_say_which_key_signed_what(town: KeyTown) -> None:
    happens(town)
    old = base64.b64encode(key_of(town)).decode()
    done = werda("keys", "rotate", "audit", environment=town.database.environment)
    assert (done.returncode, "publish what `werda audit key` prints now" in done.stdout) == (0, True), done.stderr
    happens(town)
    new = base64.b64encode(key_of(town)).decode()
    assert audit(town, "key") == (0, f"{new}\n{old}\n")
    shown = json.loads(audit(town, "key", "--json")[1])
    assert [(key["key"], key["state"]) for key in shown] == [(new, "primary"), (old, "former")]
    assert json.loads(audit(town, "status", "--json")[1])["signed_with"] == new
    for believed in ([], ["--public-key", old], ["--public-key", new]):
        status, words = audit(town, "verify", *believed)
        assert status == 0, words
        assert f"signed with {old} from checkpoint 1 on\n" in words
        assert f"signed with {new} from checkpoint" in words
        assert "not announced" not in words


def test_when_the_signing_key_is_lost_another_goes_on_and_what_was_signed_stays_checked(
    town: KeyTown, tmp_path: Path
) -> None:
    """The drill: `werda keys lost audit`, publish the new key, start the worker."""
    happens(town)
    old, outside = audit(town, "key")[1].strip(), tmp_path / "checkpoints"
    outside.write_text(notes_of(town.database))
    (town.keys / "audit.json").unlink()
    assert "is missing; restore it" in audit(town, "verify")[1]
    lost = ("keys", "lost", "audit")
    told = werda(*lost, environment=town.database.environment)
    assert (told.returncode, "Look for a backup first" in told.stderr) == (1, True)
    assert not (town.keys / "audit.json").exists()
    done = werda(*lost, "--yes", environment=town.database.environment)
    assert (done.returncode, "there is a new audit ring" in done.stdout) == (0, True), done.stderr
    assert "publish what `werda audit key` prints" in done.stderr
    happens(town)
    new, former = audit(town, "key")[1].split()
    assert former == old
    for believed in ([], ["--public-key", new], ["--public-key", old, "--public-key", new]):
        status, words = audit(town, "verify", "--checkpoints", str(outside), *believed)
        assert status == 0, words
        assert f"signed with {new} from checkpoint" in words
        assert "not announced by the key before" in words
    status, words = audit(town, "verify", "--public-key", old)
    assert (status, "if the key was lost, give its successor" in words) == (1, True), words
    again = werda(*lost, "--yes", environment=town.database.environment)
    assert (again.returncode, "nothing is lost" in again.stderr) == (1, True)


def test_a_rotation_by_hand_where_the_ring_is_in_a_variable(town: KeyTown) -> None:
    """The announcement is signed by the key that the variable holds as its primary one."""
    text = keyset.with_another(ring.text_of(town.keys, AUDIT), AUDIT)
    ring.write(town.keys, AUDIT, text)  # brought by hand, as into the variable
    with town.database.connect() as owner:
        added = rotate_step(owner, town.keys, AUDIT, now=town.now)
    assert isinstance(added, Added)
    assert added.key_id == keyset.key_ids(text)[1]
    assert town.database.rows("select detail ? 'signature' from event where kind = 'key:added'") == [(True,)]
