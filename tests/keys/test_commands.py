"""`werda keys`: a rotation as an operator does it, what it says, and that it never says a key (B5, B9)."""

import json
from pathlib import Path

import pytest

from tests.database import TestDatabase, werda
from tests.keys.keytown import KeyTown
from werda.keys import keyset, ring
from werda.keys.ring import RingName
from werda.keys.second_factor import SecondFactors


@pytest.fixture
def town(database: TestDatabase, tmp_path: Path) -> KeyTown:
    return KeyTown(database, tmp_path)


def keys(town: KeyTown, *arguments: str, **environment: str) -> tuple[int, str]:
    done = werda("keys", *arguments, environment={**town.database.environment, **environment})
    for name in RingName:
        if (town.keys / f"{name}.json").exists():
            for key in json.loads((town.keys / f"{name}.json").read_text())["key"]:
                assert key["keyData"]["value"] not in done.stdout + done.stderr  # B9
    return done.returncode, done.stdout + done.stderr


def earlier(town: KeyTown, days: int) -> None:
    """Let so much time pass, as far as keys are concerned."""
    with town.database.connect() as owner:
        owner.execute("update key_canary set since = since - make_interval(days => %s)", (days,))


def test_a_rotation_by_commands(town: KeyTown) -> None:
    """B5: all rings at once, each step said, refused while something is left, and the ring small again at the end."""
    town.person("4711", puks=("12345678",))
    factors = SecondFactors(ring.load(town.keys, RingName.SECOND_FACTOR))
    with town.database.connect() as owner:
        owner.execute(
            "insert into django_session values ('s', %s, now() + interval '1 day')", (factors.seal("session", "{}"),)
        )
    status, words = keys(town, "rotate", "all", "--step")
    assert (status, words.count("is added")) == (0, 4), words
    status, words = keys(town, "rotate", "mac", "--step")
    assert (status, "is promoted from" in words) == (1, True), words
    earlier(town, 1)
    status, words = keys(town, "rotate", "all", "--step")
    assert (status, words.count("is the primary one now")) == (0, 4), words
    status, words = keys(town, "rotate", "custody", "--step")
    assert (status, "of the last rotation is still there" in words) == (1, True), words
    earlier(town, 4)
    status, words = keys(town, "retire", "all")
    assert status == 1
    assert "1 PUKs, 1 counts of codes, 1 customer codes lie under it" in words
    assert "1 SIM profiles, 1 customer codes" in words or "1 customer codes" in words
    assert "1 sessions lie under it" in words
    assert words.count("is retired") == 1, "nothing lies under the key that signs"
    assert keys(town, "rewrap") == (0, "5 rows were made anew\n")
    shown = json.loads(keys(town, "show", "--json")[1])
    assert [key["state"] for key in shown["custody"]["keys"]] == ["former", "primary"]
    assert [sum(key["rows"].values()) for key in shown["custody"]["keys"]] == [0, 2]
    status, words = keys(town, "retire", "all")
    assert (status, words.count("is retired")) == (0, 3), words
    assert keys(town, "retire", "all") == (0, "".join(f"{w}: has no former key\n" for w in _WORDS))
    for name in RingName:
        assert len(keyset.key_ids(ring.text_of(town.keys, name))) == 1


_WORDS = ("mac", "custody", "second-factor", "audit")


def test_show_says_where_a_ring_is_and_what_is_wrong_with_it(town: KeyTown) -> None:
    town.keys.joinpath("custody.json").chmod(0o644)
    status, words = keys(town, "show")
    assert status == 0
    assert f"others may read the key ring {town.keys}/custody.json; run `chmod 600 {town.keys}/custody.json`" in words
    assert "primary   since" in words


def test_a_ring_in_the_environment_is_rotated_by_hand(town: KeyTown) -> None:
    """B5: Werda says what to put there, and records the steps."""
    text = ring.text_of(town.keys, RingName.CUSTODY)
    (town.keys / "custody.json").unlink()
    status, words = keys(town, "rotate", "custody", "--step", WERDA_CUSTODY_KEYRING=text.reveal())
    assert (status, "add an enabled key to the keyset" in words) == (2, True), words
    both = keyset.with_another(text, RingName.CUSTODY)
    status, words = keys(town, "rotate", "custody", "--step", WERDA_CUSTODY_KEYRING=both.reveal())
    assert (status, "is added" in words) == (0, True), words
    earlier(town, 1)
    status, words = keys(town, "rotate", "custody", "--step", WERDA_CUSTODY_KEYRING=both.reveal())
    assert (status, "make it the primary key in WERDA_CUSTODY_KEYRING, too" in words) == (0, True), words
    assert town.states(RingName.CUSTODY) == ["former", "primary"]
