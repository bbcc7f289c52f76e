"""Code & SIM: shown freshly and for a while, changed at any time, locked with one factor, opened with full strength."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.gates import Gate, running_gate
from tests.one_time import letter_code
from tests.people import Person, Town
from tests.portals import PASSWORD, Browser, Portal, give_totp, totp_now
from werda.core.secret import Secret
from werda.core.sim_secrets import SimSecrets
from werda.keys.custody import Kind


@pytest.fixture(scope="module")
def gate(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path_factory.mktemp("gate") / "gate.log") as running:
        yield running


def hotline_says(gate: Gate, person: Person, digits: str, call: str, **source: object) -> str:
    with gate.client() as partner:
        body = {"brand": "nordfunk", "line": person.line, "digits": digits, "call_id": call, **source}
        return str(partner.post("/v1/verifications", json=body).json()["result"])


def digits_on(page: str) -> str:
    """The secret that stands on a page, its groups put together."""
    found = re.search(r'class="secret-digits"[^>]*>((?:<span>\d+</span>)+)', page)
    assert found is not None, page
    return re.sub(r"\D", "", found[1])


def stale(portal: Portal, person: Person) -> None:
    """They proved who they are some minutes ago."""
    with portal.database.connect() as owner:
        owner.execute("update portal_session set fresh_at = now() - interval '6 minutes' where customer_id = %s",
                      (person.id,))  # fmt: skip


def events_of(portal: Portal, person: Person, kind: str) -> list[object]:
    rows = portal.database.rows(
        "select detail from event where customer_id = %s and kind = %s order by id", person.id, kind
    )
    return [detail for (detail,) in rows]


def test_the_code_is_masked_until_asked_for_and_showing_it_leaves_an_event(portal: Portal, town: Town) -> None:  # S7
    person = town.person("4809")
    browser = portal.signed_in(person)
    assert "4809" not in browser.page("/") + browser.page("/code-and-sim") + browser.page("/code-and-sim/code")
    assert events_of(portal, person, "secret:shown") == []
    shown = browser.sends("/code-and-sim/code")
    assert digits_on(shown.text) == "4809"
    assert shown.headers["Cache-Control"] == "no-store, private"
    assert shown.headers["Refresh"] == "30; url=/code-and-sim"
    assert events_of(portal, person, "secret:shown") == [{"what": "customer_code", "place": "portal"}]
    assert "4809" not in portal.log.read_text()  # B9


def test_whoever_is_not_fresh_proves_it_again_first(portal: Portal, town: Town) -> None:  # S11
    person = town.person("4809", puks=("12345678",))
    browser = portal.signed_in(person)
    stale(portal, person)
    for address in ("code-and-sim/code", f"code-and-sim/sims/{person.sims[0].id}", "code-and-sim/change"):
        answer = browser.get(f"/{address}")
        assert answer.headers["Location"].startswith("/sign-in/again?next=%2Fcode-and-sim")
    answer = browser.sends("/code-and-sim/code", form_on="/")
    assert answer.status_code == 302
    again = browser.sends("/sign-in/again?next=/code-and-sim/code", password="Falsch-geraten-1")
    assert again.status_code == 422
    again = browser.sends("/sign-in/again?next=/code-and-sim/code", password=PASSWORD, next="/code-and-sim/code")
    assert again.headers["Location"] == "/code-and-sim/code"
    assert digits_on(browser.sends("/code-and-sim/code").text) == "4809"


def test_pin_and_puk_of_a_sim_are_shown_together_and_of_a_replaced_one_no_more(
    portal: Portal, town: Town
) -> None:  # S11
    person = town.person(puks=("12345678", "87654321"))
    browser = portal.signed_in(person)
    shown = browser.sends(f"/code-and-sim/sims/{person.sims[0].id}").text
    assert digits_on(shown) == "12345678"
    assert events_of(portal, person, "secret:shown") == [{"what": "sim", "sim": person.sims[0].id, "place": "portal"}]
    with town.database.connect() as owner:
        owner.execute("update sim_profile set status = 'replaced' where id = %s", (person.sims[1].id,))
    assert browser.get(f"/code-and-sim/sims/{person.sims[1].id}").status_code == 404


def test_a_new_code_counts_at_once_and_the_old_one_no_longer(portal: Portal, town: Town, gate: Gate) -> None:  # B8
    person = town.person("4809")
    assert hotline_says(gate, person, "4809", "before") == "verified"
    browser = portal.signed_in(person)
    suggested = digits_on(browser.page("/code-and-sim/change"))
    assert suggested != "4809"
    token = browser.token("/code-and-sim/change")
    changed = browser.client.post(
        "/code-and-sim/change", data={"csrfmiddlewaretoken": token, "suggested": suggested, "go": "suggested"}
    )
    assert changed.headers["Location"] == "/code-and-sim/changed"
    assert hotline_says(gate, person, "4809", "old") == "refused"
    assert hotline_says(gate, person, suggested, "new") == "verified"
    notices = portal.database.rows("select kind from notice where customer_id = %s", person.id)
    assert ("code_changed",) in notices  # C8
    assert digits_on(browser.sends("/code-and-sim/code").text) == suggested


@pytest.mark.parametrize(
    ("own", "words"),
    [("1234", "Diese wählen viele"), ("1705", "Datum"), ("12", "andere Zahl"), ("4809", "jetzige Kundenkennzahl")],
)
def test_a_weak_code_is_refused_with_the_reason(portal: Portal, town: Town, own: str, words: str) -> None:  # B2
    browser = portal.signed_in(town.person("4809"))
    refused = browser.sends("/code-and-sim/change", own=own, go="own")
    assert refused.status_code == 422
    assert words in refused.text
    checked = browser.sends("/code-and-sim/change/check", form_on="/code-and-sim/change", own=own)
    assert checked.json()["good"] is (own == "4809")  # only choosing it knows the present one


def test_a_locked_display_shows_nothing_and_only_full_strength_unlocks_it(portal: Portal, town: Town) -> None:  # E5
    person = town.person("4809", puks=("12345678",))
    browser = portal.signed_in(person)
    token = browser.token("/code-and-sim/code")
    assert browser.sends("/code-and-sim/display", go="lock").status_code == 302
    refused = browser.client.post("/code-and-sim/code", data={"csrfmiddlewaretoken": token})
    assert refused.status_code == 403
    assert "4809" not in refused.text
    assert "12345678" not in browser.sends(f"/code-and-sim/sims/{person.sims[0].id}").text
    assert browser.sends("/code-and-sim/display", form_on="/", go="unlock").status_code == 403
    strong = strongly(portal, person)
    assert strong.sends("/code-and-sim/display", go="unlock").status_code == 302
    assert digits_on(strong.sends("/code-and-sim/code").text) == "4809"
    assert [len(events_of(portal, person, f"display:{what}")) for what in ("locked", "unlocked")] == [1, 1]


def strongly(portal: Portal, person: Person, since: datetime | None = None) -> Browser:
    """One more browser, signed in with password and authenticator app."""
    [(login,)] = portal.database.rows("select id from customer_login where customer_id = %s", person.id)
    give_totp(portal.database, login, since)
    browser = portal.browser()
    browser.signs_in(person.number)
    assert browser.sends("/sign-in/code", code=totp_now(portal.database, person)).status_code == 302
    return browser


def test_a_closed_hotline_takes_nothing_from_anywhere_until_it_is_opened_with_full_strength(
    portal: Portal, town: Town, gate: Gate
) -> None:  # E5, C7
    person = town.person("4809", puks=("12345678",))
    browser = portal.signed_in(person)
    assert browser.sends("/code-and-sim/hotline", go="close").status_code == 302
    own_line = {"source": {"calling_number": person.line, "asserted": True}}
    for number, (digits, source) in enumerate([("4809", {}), ("12345678", {}), ("4809", own_line), ("0000", {})]):
        assert hotline_says(gate, person, digits, f"closed-{number}", **source) == "refused"
    rows = portal.database.rows("select distinct outcome, failures from attempt where customer_id = %s", person.id)
    assert rows == [(2, 0)]  # locked, and nothing counted
    assert "gesperrt" in browser.page("/")
    assert browser.sends("/code-and-sim/hotline", go="open").status_code == 302
    assert hotline_says(gate, person, "4809", "weak") == "refused"  # a password alone opens nothing
    fresh_app = strongly(portal, person, datetime.now(UTC) - timedelta(hours=1))
    fresh_app.sends("/code-and-sim/hotline", go="open")
    assert hotline_says(gate, person, "4809", "too-fresh") == "refused"  # A3: it has not cooled
    strong = strongly(portal, person)
    strong.sends("/code-and-sim/hotline", go="open")
    assert hotline_says(gate, person, "4809", "open") == "verified"
    kinds = {kind for (kind,) in portal.database.rows("select kind from notice where customer_id = %s", person.id)}
    assert {"hotline_closed", "lockout_lifted"} <= kinds  # C8


def test_a_letter_code_counts_at_a_closed_hotline_and_a_call_code_does_not(
    portal: Portal, town: Town, gate: Gate
) -> None:  # C2, E5
    person = town.person("4809")
    letter = letter_code(town, person, printed=datetime.now(UTC) - timedelta(days=3))
    browser = portal.signed_in(person)
    call_code = digits_on(browser.sends("/call").text)
    browser.sends("/code-and-sim/hotline", go="close")
    assert hotline_says(gate, person, call_code, "with-call-code") == "refused"
    assert hotline_says(gate, person, letter, "with-letter-code") == "verified"


def test_an_esim_that_waits_shows_its_activation_code_and_an_active_one_does_not(portal: Portal, town: Town) -> None:
    person = town.person(puks=("12345678",))  # S12
    sim, custody = person.sims[0], town.database.custody
    activation = "LPA:1$smdp.example$MATCH-1"
    text = SimSecrets(pin=Secret("0815"), puk=Secret("12345678"), activation_code=Secret(activation)).text()
    with town.database.connect() as owner:
        owner.execute(
            "update sealed_secret set ciphertext = %s where sim_id = %s",
            (custody.seal(Kind.SIM_PROFILE, person.id, sim.id, text), sim.id),
        )
        owner.execute("update sim_profile set status = 'shipped', kind = 'esim' where id = %s", (sim.id,))
    browser = portal.signed_in(person)
    shown = browser.sends(f"/code-and-sim/sims/{sim.id}")
    assert activation in shown.text
    assert "<svg xmlns" in shown.text
    assert ">08</span><span>15<" in shown.text  # the delivery PIN (S9)
    assert (shown.headers["Cache-Control"], shown.headers["Refresh"]) == ("no-store, private", "30; url=/code-and-sim")
    with town.database.connect() as owner:
        owner.execute("update sim_profile set status = 'active' where id = %s", (sim.id,))
    assert activation not in browser.sends(f"/code-and-sim/sims/{sim.id}").text


def test_closing_the_hotline_ends_what_was_proved_in_a_call_that_goes_on(
    portal: Portal, town: Town, gate: Gate
) -> None:  # E5
    person = town.person("4809")
    assert hotline_says(gate, person, "4809", "running") == "verified"
    portal.signed_in(person).sends("/code-and-sim/hotline", go="close")
    assert portal.database.rows("select level, customer_id from call where ref = 'running'") == [(0, None)]


def test_a_new_code_does_not_open_a_hotline_that_the_customer_closed(portal: Portal, town: Town, gate: Gate) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    browser.sends("/code-and-sim/hotline", go="close")
    browser.sends("/code-and-sim/change", own="8305", go="own")
    assert hotline_says(gate, person, "8305", "still-closed") == "refused"


def test_a_letter_code_is_ordered_once_and_only_to_an_address_that_has_not_changed(portal: Portal, town: Town) -> None:
    person = town.person("4809")  # E4
    browser = portal.signed_in(person)
    assert "seit wann sie gilt" in browser.sends("/code-and-sim/letter").text
    with town.database.connect() as owner:
        owner.execute("update customer set address_since = now() - interval '40 days' where id = %s", (person.id,))
    assert "nächsten Post" in browser.sends("/code-and-sim/letter").text
    assert "schon unterwegs" in browser.sends("/code-and-sim/letter", form_on="/").text
    assert portal.database.rows("select kind from letter where customer_id = %s", person.id) == [("letter_code",)]


def test_the_app_shows_the_code_from_its_own_date_on(portal: Portal, town: Town) -> None:  # S8
    person = town.person("4809")
    browser = portal.signed_in(person)
    with town.policy_says("[code]\n", "[code]\nshown_in_app_from = 2099-01-01T00:00:00\n"):
        assert digits_on(browser.sends("/code-and-sim/code").text) == "4809"
        token = browser.token("/code-and-sim/code")
        browser.client.cookies.set("werda_app", "1", domain="127.0.0.1", path="/")
        refused = browser.client.post("/code-and-sim/code", data={"csrfmiddlewaretoken": token})
        assert refused.status_code == 403
        assert "1. Januar 2099" in refused.text
