"""Set-up seals what earlier versions kept in the clear, and refuses a ring that is not the database's (A10, B5)."""

import json
import shutil
from pathlib import Path

import pytest

from tests.database import TestDatabase, werda
from werda.keys import ring
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.second_factor import SecondFactors

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def old_agent(database: TestDatabase) -> None:
    """Somebody whose factors an earlier version kept, and a session of that time."""
    with database.connect() as owner:
        owner.execute(
            "insert into agent (id, username, password, first_name, last_name, email, is_superuser, is_staff,"
            " is_active, date_joined, brands, language) overriding system value values"
            " (7, 'ole', 'x', '', '', '', false, false, true, now(), '{}', 'de')"
        )
        for kind, data in (("totp", {"secret": KEY}), ("recovery_codes", {"seed": "abc", "used_mask": 5})):
            owner.execute(
                "insert into mfa_authenticator (user_id, type, data, created_at) values (7, %s, %s, now())",
                (kind, json.dumps(data)),
            )
        owner.execute("insert into django_session values ('old', 'eyJ0b3RwIjoi', now() + interval '1 day')")


def factors(database: TestDatabase) -> dict[str, dict[str, object]]:
    return dict(database.rows("select type, data from mfa_authenticator"))


def test_set_up_seals_what_was_in_the_clear_once(database: TestDatabase) -> None:
    old_agent(database)
    assert werda("setup", environment=database.environment).returncode == 0
    sealed = factors(database)
    opened = SecondFactors(ring.load(database.home / "keys", RingName.SECOND_FACTOR))
    assert opened.open("authenticator", str(sealed["totp"]["secret"])) == KEY
    assert opened.open("authenticator", str(sealed["recovery_codes"]["seed"])) == "abc"
    assert sealed["recovery_codes"]["used_mask"] == 5
    assert database.rows("select 1 from django_session") == []
    assert werda("setup", environment=database.environment).returncode == 0
    assert factors(database) == sealed


def test_a_lost_ring_is_never_replaced_in_silence(database: TestDatabase, tmp_path: Path) -> None:
    shutil.copytree(database.home / "keys", tmp_path / "keys")
    (tmp_path / "keys" / "second_factor.json").unlink()
    shutil.copy(database.home / "database.json", tmp_path / "database.json")
    refused = werda("setup", environment={**database.environment, "WERDA_HOME": str(tmp_path)})
    assert refused.returncode == 2
    assert "second_factor" in refused.stderr
    assert not (tmp_path / "keys" / "second_factor.json").exists()


def test_a_lost_app_is_forgotten_by_the_operator(database: TestDatabase) -> None:
    old_agent(database)
    assert werda("agent", "forget-second-factor", "ole", environment=database.environment).returncode == 0
    assert factors(database) == {}
    assert werda("agent", "forget-second-factor", "nobody", environment=database.environment).returncode == 2


@pytest.mark.parametrize("kept", [KEY, "sealed:", "sealed:!!", "sealed:AAAA", ""])
def test_what_is_not_sealed_opens_nothing_and_is_not_quoted(database: TestDatabase, kept: str) -> None:
    opened = SecondFactors(ring.load(database.home / "keys", RingName.SECOND_FACTOR))
    with pytest.raises(BadKeyRing) as error:
        opened.open("authenticator", kept)
    assert KEY not in str(error.value)
    with pytest.raises(BadKeyRing):
        opened.open("session", opened.seal("authenticator", KEY))
