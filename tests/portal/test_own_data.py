"""My data: everything about oneself with its proof, nothing of anybody else, and never a secret (A8)."""

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.people import Town
from tests.portal.test_access import _session
from tests.portal.test_code_and_sim import stale
from tests.portals import PASSWORD, TOTP_KEY, Portal, enrol
from tests.sealing import seal_now, signer_of
from werda.store.roles import Role

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_proof.py"


def test_it_holds_every_event_with_a_proof_that_holds_by_itself_and_no_secret(
    portal: Portal, town: Town, tmp_path: Path
) -> None:  # A8, B9
    person, other = town.person("4809", puks=("73519264",)), town.person("6138")
    browser = portal.signed_in(person, totp=True)
    enrol(town.database, other)
    with town.database.connect() as owner:
        owner.execute(
            "insert into event (at, kind, brand_id, customer_id, actor, detail)"
            " values (now(), 'grant:given', %s, %s, 'agent:7', '{\"level\": 1}')",
            (town.brand, person.id),
        )
    browser.page("/code-and-sim")
    seal_now(town.database, datetime.now(UTC))
    answer = browser.sends("/my-data")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    data = answer.json()
    assert data["customer"]["customer_number"] == person.number
    assert [line["msisdn"] for line in data["lines"]] == [person.line]
    recorded = town.database.rows("select id from event where customer_id = %s order by at, id", person.id)
    assert [event["id"] for event in data["events"]] == [id_ for (id_,) in recorded]
    assert data["events"][-1]["kind"] == "data:exported"
    assert data["events"][-1]["proof"] == "not sealed yet"
    proved = [event for event in data["events"] if event["proof"] != "not sealed yet"]
    assert "grant:given" in {event["kind"] for event in proved}
    for event in proved:
        assert data["proof"]["records"][event["proof"]]["line"].startswith(f"{event['id']}|")
    checks_offline(town, tmp_path, answer.text)
    hashes = town.database.rows("select password from customer_login where customer_id = %s", person.id)
    for secret in ("73519264", PASSWORD, TOTP_KEY, person.sims[0].iccid, hashes[0][0], other.number, other.line):
        assert secret not in answer.text
    readable = json.dumps({name: value for name, value in data.items() if name != "proof"})
    assert '"4809"' not in readable  # four digits may stand in a hash or a time


def checks_offline(town: Town, folder: Path, text: str) -> None:
    (folder / "export.json").write_text(text, encoding="utf-8")
    key = base64.b64encode(signer_of(town.database).public_key).decode()
    checked = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder / "export.json"), key], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_it_is_given_to_who_has_just_proved_who_they_are_and_for_asking_by_a_form(portal: Portal, town: Town) -> None:
    person = town.person("4711")
    browser = portal.signed_in(person)
    assert "Als JSON herunterladen" in browser.page("/my-data")
    stale(portal, person)
    assert browser.get("/my-data").headers["Location"].startswith("/sign-in/again?")


def test_a_representative_is_not_given_the_account_holders_data(portal: Portal, town: Town) -> None:  # E2
    person = town.person("4711")
    browser = portal.signed_in(person)
    with town.database.connect() as owner:
        owner.execute("update portal_session set person_id = 3 where customer_id = %s", (person.id,))
    assert browser.get("/my-data").status_code == 403
    assert browser.sends("/my-data", form_on="/").status_code == 403


@pytest.mark.parametrize("function", ["proof_records", "proof_batches"])
def test_proofs_are_of_ones_own_records_alone(town: Town, function: str) -> None:  # A4
    me, other = town.person("4711"), town.person("0815")
    for person in (me, other):
        enrol(town.database, person)
    secret = _session(town, me)
    with town.database.database.connect(Role.PORTAL) as portal:
        portal.execute("select set_config('werda.session', %s, true)", (secret,))
        portal.execute(f"select * from {function}(%s)".encode(), (me.id,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            portal.execute(f"select * from {function}(%s)".encode(), (other.id,))
