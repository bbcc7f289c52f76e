"""B9: after a day with every way in and everything that goes wrong, no secret is anywhere but where it is sealed.

The idea is privacyIDEA's: unique secrets, every path at DEBUG level, then search everything. The search itself is
proven first, on secrets left behind on purpose.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from tests.canary.day import SECRETS, Day, a_day
from tests.canary.portal import at_the_portal
from tests.canary.search import Found, Search
from tests.database import Cluster, TestDatabase
from tests.people import Town
from werda.keys.custody import Kind
from werda.store.roles import passwords_in


@pytest.fixture(scope="module")
def day(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with cluster.copy("canary") as database, a_day(Town(database), tmp_path_factory.mktemp("day")) as lived:
        at_the_portal(lived)
        yield lived


def test_the_day_touched_everything(day: Day) -> None:
    """Else the search below would prove nothing."""
    assert day.database.rows("select distinct outcome from attempt where customer_id > 0 order by 1")[:2] == [
        (0,),
        (1,),
    ]
    assert day.database.rows("select distinct channel from attempt order by 1") == [(1,), (2,), (3,)]
    assert day.database.rows("select count(*) from call_grant") == [(1,)]
    assert day.database.rows("select distinct kind from sealed_secret where customer_id > 0 order by 1") == [
        (kind,) for kind in (Kind.CUSTOMER_CODE, Kind.SIM_PROFILE)
    ]
    assert {log.name for log in day.logs} >= {
        "gate.log",
        "pages.log",
        "portal.log",
        "postgres.log",
        "customers.csv.rejects.csv",
    }
    for log in day.logs:
        assert log.stat().st_size, f"{log.name} is empty"
    assert day.database.rows("select distinct method from attempt where outcome = 0 order by 1") == [
        (1,),
        (2,),
        (4,),
        (5,),
    ]
    assert {
        "token",
        "token of the call",
        "grant",
        "api key",
        "authenticator key",
        "chosen code",
        "session of the portal",
        "link by mail",
        "link that stops an order",
        "code of a representative",
        "secret of pushes",
    } <= set(day.secrets)


def test_no_log_and_no_rejects_file_holds_a_secret(day: Day) -> None:
    assert Search(day.secrets).in_files(*day.logs) == []


def test_no_column_of_any_table_holds_a_secret(day: Day) -> None:
    """Outside the ciphertext; keyed values and hashes of long random secrets are no dress of them."""
    assert Search(day.secrets).in_tables(day.database) == []


def test_nothing_that_was_answered_or_shown_holds_a_secret(day: Day) -> None:
    """Refusals, problems, error pages, the desk's pages, messages of commands (C7, D3)."""
    assert len(day.said) > 40
    search = Search(day.secrets)
    assert [found for place, text in day.said for found in search.in_text(place, text)] == []


def test_no_password_of_a_role_and_no_key_ring_stands_in_a_log(day: Day) -> None:
    """Decision 4"""
    home = day.database.home
    secrets = {f"password of {role}": value.reveal() for role, value in passwords_in(home / "database.json").items()}
    for ring in ("verifier", "custody"):
        for key in json.loads((home / "keys" / f"{ring}.json").read_text())["key"]:
            secrets[f"{ring} key"] = key["keyData"]["value"]
    assert len(secrets) >= 6
    assert Search(secrets).in_files(*day.logs) == []
    assert Search(secrets).in_tables(day.database) == []


PUK = SECRETS["puk"]
LEFT_BEHIND = {
    "brand.name": ("update brand set name = %s", f"Nordfunk {PUK}"),
    "customer.street": ("update customer set street = %s", f"Code {SECRETS['customer code']}"),
    "event.detail": ("update event set detail = %s", Jsonb({"typed": [PUK]})),
    "import_run.fingerprint": ("update import_run set fingerprint = %s", hashlib.sha256(PUK.encode()).digest()),
    "attempt.request_mac": ("update attempt set request_mac = %s", b"\x00" + PUK.encode()),
    "import_run.rows": ("update import_run set rows = %s", int(PUK)),
    "django_session.session_data": (
        "update django_session set session_data = %s",
        "." + base64.urlsafe_b64encode(zlib.compress(f'{{"typed": "{PUK}"}}'.encode())).decode() + ":time:mark",
    ),
    "agent.first_name": ("update agent set first_name = %s", base64.b64encode(PUK.encode()).decode()),
}


@pytest.mark.parametrize("place", LEFT_BEHIND)
def test_the_search_finds_a_secret_in(place: str, day: Day, spoiled: TestDatabase) -> None:
    """The control: one secret in one column, of every type and in every dress, is found there and nowhere else."""
    statement, value = LEFT_BEHIND[place]
    with spoiled.connect() as owner:
        assert owner.execute(statement.encode(), (value,)).rowcount
    assert {found.place for found in Search(day.secrets).in_tables(spoiled)} == {place}


@pytest.fixture
def spoiled(day: Day, cluster: Cluster) -> Iterator[TestDatabase]:
    """A copy of the day's database."""
    with cluster.postgres.connect() as superuser:
        superuser.execute(b"create database canary_spoiled template canary owner werda_owner")
    yield replace(day.database, database=replace(day.database.database, name="canary_spoiled"))
    with cluster.postgres.connect() as superuser:
        superuser.execute(b"drop database canary_spoiled with (force)")


def test_the_search_finds_a_secret_in_a_log(tmp_path: Path) -> None:
    for name, secret in SECRETS.items():
        log = tmp_path / "gate.log"
        log.write_text(f"2026-06-01 10:00:00 DEBUG MainProcess werda.gate: keyed {secret} at +4930231250\n")
        assert Search(SECRETS).in_files(log)[0] == Found(name, "plain", "gate.log")
