"""My data as a paper: everything that is kept, in words, with no secret in it (A8, B9)."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from tests.booking import one_booking
from tests.parts import require
from tests.people import Person, Town
from tests.portal.test_code_and_sim import stale
from tests.portals import PASSWORD, TOTP_KEY, Browser, Portal
from tests.sealing import notes_of, seal_now
from werda.core.checkpoint import read_notes


def asked_for(browser: Browser, folder: Path) -> Path:
    """The paper as a file."""
    answer = browser.sends("/my-data", form="pdf")
    assert answer.status_code == 200, answer.text[:2000]
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["Content-Disposition"].endswith('.pdf"')
    file = folder / "my-data.pdf"
    file.write_bytes(answer.content)
    return file


def text_of(file: Path) -> str:
    program = require("pdftotext")
    return " ".join(
        subprocess.run([program, "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout.split()
    )


def tried(town: Town, person: Person, times: int) -> None:
    """So many attempts to be legitimated as this person."""
    with town.database.connect() as owner:
        columns = (
            "brand_id, customer_id, person_id, own_line, channel, method, outcome, failures, level, call_id, tries"
        )
        owner.execute(
            f"insert into attempt (id, at, {columns}, calling_number, trunk, api_key_id, salt)"
            " select (1::bigint << 40) + n, now() - n * interval '1 hour', %s, %s, 0, false, 1, 1, 1, 1, 0, 0, 1,"
            " '+4930111222', '', 0, gen_random_uuid() from generate_series(1, %s) n",
            (town.brand, person.id, times),
        )


def test_it_says_in_words_what_is_kept_and_holds_no_secret(portal: Portal, town: Town, tmp_path: Path) -> None:
    person = town.person("4809", puks=("73519264",))
    browser = portal.signed_in(person, totp=True)
    one_booking(portal, person)
    with town.database.connect() as owner:
        owner.execute(
            "insert into call_note (call_id, customer_id, agent_id, topic, text, written_at)"
            " select id, %s, 1, 'bill', 'Rechnung erklärt ✆', now() from call limit 1", (person.id,),
        )  # fmt: skip
        owner.execute(
            "insert into notice (brand_id, customer_id, kind, created_at) values (%s, %s, 'hotline_locked', now())",
            (town.brand, person.id),
        )
    text = text_of(asked_for(browser, tmp_path))
    for told in (
        *("Was Nordfunk über dich speichert", "Wer du bist", person.number, "SIM-Karte", "aktiv", "Tarifoptionen"),
        *("Die Hotline ist nach zu vielen Fehlversuchen gesperrt.", "Passwort und"),
        *("Angemeldet", "Eigene Daten", "Hier ist nichts gespeichert.", "Seite 1 von", "privat", "Anrede –"),
        *("kann angezeigt werden", "Zuletzt genutzt", "Noch ist nichts signiert."),
    ):
        assert told in text, told
    hashes = town.database.rows("select password from customer_login where customer_id = %s", person.id)
    for secret in ("4809", "73519264", PASSWORD, TOTP_KEY, person.sims[0].iccid, hashes[0][0]):
        assert secret not in text
    assert town.database.rows(
        "select detail ->> 'form' from event where customer_id = %s and kind = 'data:exported'", person.id
    ) == [("pdf",)]


@pytest.mark.parametrize(
    ("language", "title"), [("de", "Was Nordfunk über dich speichert"), ("en", "What Nordfunk keeps about you")]
)
def test_it_is_accessible_and_in_the_language_of_the_page(
    portal: Portal, town: Town, tmp_path: Path, language: str, title: str
) -> None:
    person = town.person("3906")
    browser = portal.signed_in(person)
    browser.client.cookies.set("werda_portal_language", language)
    paper = asked_for(browser, tmp_path)
    with pikepdf.open(paper) as pdf, pdf.open_metadata() as metadata:
        assert str(pdf.Root.Lang)[:2] == language
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.docinfo.Title) == title
        assert metadata["pdfuaid:part"] == "1"
    assert f"{datetime.now(UTC):{'%d.%m.%Y' if language == 'de' else '%b %Y'}}" in text_of(paper)


def test_a_brand_that_says_sie_says_so_on_paper_too(portal: Portal, town: Town, tmp_path: Path) -> None:
    with town.database.connect() as owner:
        owner.execute("update brand set form = 'sie' where id = %s", (town.brand,))
    browser = portal.signed_in(town.person("3909"))
    text = text_of(asked_for(browser, tmp_path))
    assert "Was Nordfunk über Sie speichert" in text
    assert "Wer Sie sind" in text


def test_it_names_the_signed_record_and_the_file_with_the_proofs(portal: Portal, town: Town, tmp_path: Path) -> None:
    """A8: the checkpoint on paper is one that `verify_proof.py` finds in the file for machines."""
    person = town.person("3910")
    browser = portal.signed_in(person)
    seal_now(town.database, datetime.now(UTC))
    text = text_of(asked_for(browser, tmp_path))
    [newest] = read_notes(notes_of(town.database))[-1:]
    assert newest is not None
    assert newest.checkpoint.root.hex() in text.replace(" ", "")
    assert f"nordfunk-{datetime.now(UTC):%Y-%m-%d}.json" in text


def test_of_very_many_entries_it_holds_the_newest_and_says_so(portal: Portal, town: Town, tmp_path: Path) -> None:
    person = town.person("3907")
    browser = portal.signed_in(person)
    tried(town, person, 2_100)
    text = text_of(asked_for(browser, tmp_path))
    assert 1_900 < text.count("passte nicht") < 2_000  # some of the newest are of the portal
    assert "Die neuesten 2000 Einträge" in text


def test_it_too_needs_a_fresh_proof(portal: Portal, town: Town) -> None:
    """S11"""
    person = town.person("3908")
    browser = portal.signed_in(person)
    token = browser.token("/my-data")
    stale(portal, person)
    answer = browser.client.post("/my-data", data={"csrfmiddlewaretoken": token, "form": "pdf"})
    assert answer.headers["Location"].startswith("/sign-in/again")
