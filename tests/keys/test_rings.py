"""Key rings: each value names its key version, a ring that does not fit is refused, nothing opens in the wrong row."""

import os
import stat
from pathlib import Path

import pytest
import tink
from tink import prf, secret_key_access

from tests.database import TestDatabase, werda
from werda.core.method import Method
from werda.core.secret import Secret
from werda.keys import ring
from werda.keys.custody import Custody, Kind
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.verifier import MAC_SIZE, Verifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in RingName:
        ring.create(tmp_path, name)
    return tmp_path


def test_a_ring_is_readable_by_its_owner_only(folder: Path) -> None:
    for name in RingName:
        assert stat.S_IMODE((folder / f"{name}.json").stat().st_mode) == 0o600


def test_a_ring_that_others_may_read_is_refused(folder: Path) -> None:
    (folder / "verifier.json").chmod(0o640)
    with pytest.raises(BadKeyRing, match="chmod 600"):
        ring.load(folder, RingName.VERIFIER)


def test_a_damaged_ring_is_refused_without_quoting_it(folder: Path) -> None:
    file = folder / "verifier.json"
    file.write_text(file.read_text()[:-40] + "SECRETKEYMATERIAL")
    with pytest.raises(BadKeyRing) as refused:
        ring.load(folder, RingName.VERIFIER)
    assert "SECRETKEYMATERIAL" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_ring_comes_from_its_environment_variable_too(folder: Path) -> None:
    text = (folder / "verifier.json").read_text()
    ours = Verifier(ring.load(folder, RingName.VERIFIER))
    theirs = Verifier(ring.load(Path("nowhere"), RingName.VERIFIER, {"WERDA_VERIFIER_KEYRING": text}))
    assert theirs.canaries() == ours.canaries()


def test_a_keyed_value_depends_on_kind_customer_and_digits(folder: Path) -> None:
    """B5"""
    verifier = Verifier(ring.load(folder, RingName.VERIFIER))
    values = {
        verifier.credential(method, customer, Secret(digits))
        for method in (Method.CUSTOMER_CODE, Method.PUK)
        for customer in (1, 11)
        for digits in ("1234", "11234")
    }
    assert len(values) == 8
    assert {len(value) for value in values} == {MAC_SIZE}


def test_while_two_keys_are_enabled_there_is_a_candidate_for_each(folder: Path) -> None:
    """B5: rotation without downtime; the row picks the value of its own key version."""
    handle = ring.load(folder, RingName.VERIFIER)
    old = Verifier(handle)
    builder = tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    both = _with_another_key(builder)
    rotated = Verifier(both)
    assert rotated.key_ids[0] == old.primary_id
    assert len(rotated.key_ids) == 2
    candidates = rotated.candidates(Method.CUSTOMER_CODE, 7, Secret("0815"))
    assert len(candidates) == 2 * MAC_SIZE
    assert candidates[:MAC_SIZE] == old.credential(Method.CUSTOMER_CODE, 7, Secret("0815"))


def _with_another_key(text: str) -> tink.KeysetHandle:
    import json

    keyset = json.loads(text)
    fresh = tink.new_keyset_handle(prf.prf_key_templates.HMAC_SHA256)
    keyset["key"] += json.loads(tink.json_proto_keyset_format.serialize(fresh, secret_key_access.TOKEN))["key"]
    return tink.json_proto_keyset_format.parse(json.dumps(keyset), secret_key_access.TOKEN)


def test_a_sealed_secret_opens_in_its_own_row_only(folder: Path) -> None:
    """B5: bound to customer, SIM and kind."""
    custody = Custody(ring.load(folder, RingName.CUSTODY))
    sealed = custody.seal(Kind.CUSTOMER_CODE, 1, 2, Secret("12345678"))
    assert custody.open(Kind.CUSTOMER_CODE, 1, 2, sealed) == Secret("12345678")
    for kind, customer, sim in (
        (Kind.SIM_PROFILE, 1, 2),
        (Kind.CUSTOMER_CODE, 2, 2),
        (Kind.CUSTOMER_CODE, 1, 3),
    ):
        with pytest.raises(BadKeyRing):
            custody.open(kind, customer, sim, sealed)


@pytest.mark.parametrize("name", ["verifier", "custody"])
def test_set_up_refuses_the_ring_of_another_database(database: TestDatabase, tmp_path: Path, name: str) -> None:
    """B5: a wrong key would silently refuse every caller."""
    for file in (database.home / "keys").iterdir():
        (tmp_path / "keys").mkdir(mode=0o700, exist_ok=True)
        (tmp_path / "keys" / file.name).write_bytes(file.read_bytes())
        (tmp_path / "keys" / file.name).chmod(0o600)
    (tmp_path / "database.json").write_bytes((database.home / "database.json").read_bytes())
    (tmp_path / "keys" / f"{name}.json").unlink()
    ring.create(tmp_path / "keys", RingName(name))
    environment = {**database.environment, "WERDA_HOME": str(tmp_path)}
    refused = werda("setup", environment=environment)
    assert refused.returncode == 2
    assert f"the {name} key ring does not fit this database" in refused.stderr
    (tmp_path / "keys" / f"{name}.json").unlink()
    missing = werda("setup", environment=environment)
    assert missing.returncode == 2
    assert "is missing; restore it from its backup" in missing.stderr
    assert not (tmp_path / "keys" / f"{name}.json").exists()  # a lost ring is never replaced in silence


def test_a_token_is_read_back_and_a_changed_one_is_not(folder: Path) -> None:
    verifier = Verifier(ring.load(folder, RingName.VERIFIER))
    token = verifier.token(255, 7)
    assert verifier.read_token(token) == (255, 7)
    changed = token.reveal().replace("ff.", "fe.", 1)
    assert verifier.read_token(Secret(changed)) is None
    assert os.linesep not in token.reveal()


def test_a_codes_popularity_is_the_same_for_a_whole_brand_and_for_no_other(folder: Path) -> None:
    """B3: it names no customer, and no credential or canary has the same value."""
    verifier = Verifier(ring.load(folder, RingName.VERIFIER))
    values = {verifier.popularity(brand, Secret(digits)) for brand in (1, 11) for digits in ("1234", "11234")}
    values |= {verifier.credential(Method.CUSTOMER_CODE, 1, Secret("1234")), *verifier.canaries().values()}
    assert len(values) == 6
    assert {len(value) for value in values} == {MAC_SIZE}
    assert verifier.popularity(1, Secret("1234")) == verifier.popularity(1, Secret("1234"), verifier.primary_id)


def test_a_codes_popularity_is_known_under_each_key(folder: Path) -> None:
    """B5: holders under the old key are found while a new one takes over."""
    handle = ring.load(folder, RingName.VERIFIER)
    rotated = Verifier(_with_another_key(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)))
    each = [rotated.popularity(7, Secret("0815"), key_id) for key_id in rotated.key_ids]
    assert rotated.popularities(7, Secret("0815")) == b"".join(each)
    assert each[0] == Verifier(handle).popularity(7, Secret("0815"))
