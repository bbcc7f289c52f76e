"""The drill of a lost ring, from the wreck to verification that works again; docs/keys.md has it in words (B5)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.database import TestDatabase, werda
from tests.engines import Desk, running_engine
from tests.keys.keytown import KeyTown
from tests.people import Person
from werda.core.method import Method
from werda.core.verdict import Verified
from werda.keys import ring
from werda.keys.custody import Kind
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.second_factor import SecondFactors
from werda.keys.verifier import Verifier
from werda.store.roles import Role
from werda.usecases.hold_keys import HeldKeys


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> KeyTown:
    return KeyTown(database, tmp_path)


async def passes(town: KeyTown, person: Person, digits: str) -> bool:
    """Whether the gate's engine lets somebody in with these digits."""
    async with running_engine(town.database) as engine:
        return isinstance(await Desk(engine, town.brand).offer(person, digits), Verified)


def lost(town: KeyTown, which: str, *options: str) -> tuple[int, str]:
    done = werda("keys", "lost", which, *options, environment=town.database.environment)
    return done.returncode, done.stdout + done.stderr


async def test_a_lost_verifier_ring_is_computed_anew_from_custody(town: KeyTown) -> None:
    """B5: nobody needs another code; legacy credentials and one-time codes are over."""
    maren, ole = town.person("4711", puks=("12345678",)), town.person("4711")
    with town.custody() as custody:
        custody.execute(
            "insert into credential (customer_id, person_id, method, sim_id, key_id, mac, until)"
            " values (%s, 0, 3, 0, %s, %s, now() + interval '1 day')",
            (ole.id, town.database.verifier.primary_id, b"x" * 16),
        )
    (town.keys / "verifier.json").unlink()
    refused = werda("setup", environment=town.database.environment)
    assert (refused.returncode, "is missing; restore it" in refused.stderr) == (2, True)
    assert lost(town, "mac")[0] == 1
    assert not (town.keys / "verifier.json").exists()  # without --yes nothing happens
    status, words = lost(town, "mac", "--yes")
    assert (status, "3 rows computed anew; destroyed: 1 legacy credentials" in words) == (0, True), words
    assert await passes(town, maren, "4711")
    assert await passes(town, maren, "12345678")
    assert not await passes(town, ole, "0815")
    assert town.held("4711") == 2
    assert lost(town, "mac", "--yes") == (1, "the ring is there and fits: nothing is lost\n")


async def test_a_lost_custody_ring_costs_codes_and_puks_come_back_from_the_vendors_file(
    town: KeyTown, tmp_path: Path
) -> None:
    """B5, E3: callers pass with their PUK; codes are assigned anew; what the vendor told is brought in again."""
    maren = town.person("4711", puks=("12345678",))
    (town.keys / "custody.json").unlink()
    assert await passes(town, maren, "4711")  # the gate has the other ring and does not notice
    status, words = lost(town, "custody", "--yes")
    assert (status, "1 customer codes, 2 sealed codes and SIM profiles" in words) == (0, True), words
    assert await passes(town, maren, "12345678")
    assert not await passes(town, maren, "4711")
    assert town.held("4711") == 0

    given = werda("codes", "assign", "--brand", "nordfunk", environment=town.database.environment)
    assert given.returncode == 0, given.stderr
    file = tmp_path / "sims.csv"
    file.write_text(f"ICCID,PIN1,PUK1\n{maren.sims[0].iccid},1234,12345678\n")
    as_of = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    brought = werda(
        *("import", "sims", str(file), "--brand", "nordfunk", "--as-of", as_of),
        environment=town.database.environment,
    )
    assert brought.returncode == 0, brought.stdout + brought.stderr
    sealed = town.database.rows("select kind, key_id from sealed_secret order by 1")
    assert sealed == [(kind, town.database.custody.key_id) for kind in (1, 2)]
    assert await passes(town, maren, "12345678")
    assert len(town.database.rows("select 1 from credential where method = %s and customer_id > 0", Method.PUK)) == 1


def test_a_lost_second_factor_ring_has_agents_set_up_anew(town: KeyTown) -> None:
    """A10: nobody signs in with what does not open; who signs in next sets a second factor up."""
    with town.database.connect() as owner:
        owner.execute(
            "insert into agent (id, username, password, first_name, last_name, email, is_superuser, is_staff,"
            " is_active, date_joined, brands, language) overriding system value values"
            " (7, 'ole', 'x', '', '', '', false, false, true, now(), '{}', 'de')"
        )
        ring_ = SecondFactors(ring.load(town.keys, RingName.SECOND_FACTOR))
        owner.execute(
            "insert into mfa_authenticator (user_id, type, data, created_at) values (7, 'totp', %s, now())",
            (json.dumps({"secret": ring_.seal("authenticator", "JBSWY3DPEHPK3PXP")}),),
        )
    (town.keys / "second_factor.json").unlink()
    status, words = lost(town, "second-factor", "--yes")
    assert (status, "1 agents' second factors" in words) == (0, True), words
    assert town.database.rows("select 1 from mfa_authenticator") == []
    assert werda("setup", environment=town.database.environment).returncode == 0


async def test_when_both_rings_are_lost_everybody_gets_another_code(town: KeyTown) -> None:
    """B5: custody first, then mac; the hotline works again with what is given anew."""
    maren = town.person("4711", puks=("12345678",))
    (town.keys / "custody.json").unlink()
    (town.keys / "verifier.json").unlink()
    assert lost(town, "custody", "--yes")[0] == 0
    status, words = lost(town, "mac", "--yes")
    assert (status, "1 credentials that nothing sealed fits" in words) == (0, True), words
    assert not await passes(town, maren, "12345678")
    given = werda("codes", "assign", "--brand", "nordfunk", environment=town.database.environment)
    assert given.returncode == 0, given.stderr
    [(sealed,)] = town.database.rows("select ciphertext from sealed_secret")
    code = town.database.custody.open(Kind.CUSTOMER_CODE, maren.id, 0, sealed)
    assert await passes(town, maren, code.reveal())
    assert town.held(code.reveal()) == 1


def test_a_ring_is_not_replaced_while_a_process_holds_it(town: KeyTown) -> None:
    held = HeldKeys(lambda: town.database.database.connect(Role.GATE, autocommit=True), town.keys)
    held.ring(Verifier)
    (town.keys / "verifier.json").unlink()
    status, words = lost(town, "mac", "--yes")
    held.close()
    assert (status, "1 of werda_gate" in words) == (1, True), words


def test_a_ring_of_another_database_is_refused_and_nothing_replaced(town: KeyTown) -> None:
    """B5: a wrong ring is no lost one; its canary tells."""
    (town.keys / "verifier.json").unlink()
    ring.create(town.keys, RingName.VERIFIER)
    status, words = lost(town, "mac", "--yes")
    assert (status, "does not fit this database" in words) == (2, True), words
    held = HeldKeys(lambda: town.database.database.connect(Role.GATE, autocommit=True), town.keys)
    with pytest.raises(BadKeyRing, match="does not fit"):
        held.ring(Verifier)
    held.close()
