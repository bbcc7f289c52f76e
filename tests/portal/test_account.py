"""The account: devices, password, app and passkeys; each change is told, and what is new must cool (A3, C8)."""

import base64
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.journeys.conftest import browser as browser
from tests.people import Person, Town
from tests.portals import PASSWORD, Browser, Portal
from werda.usecases.check_login import TOTP_SECONDS, totp_of

NEW_PASSWORD = "Ein-Wattwurm-im-Sand-9"


def notices_of(portal: Portal, person: Person) -> list[str]:
    rows = portal.database.rows("select kind from notice where customer_id = %s order by id", person.id)
    return [kind for (kind,) in rows]


def another_device(portal: Portal, person: Person) -> Browser:
    browser = portal.browser()
    browser.headers = {"User-Agent": "Mozilla/5.0 (Android 15; Mobile) Firefox/140.0"}
    browser.signs_in(person.number)
    return browser


def test_devices_are_listed_and_signed_out_one_by_one_or_all(portal: Portal, town: Town) -> None:
    person = town.person()
    here = portal.signed_in(person)
    phone, tablet = another_device(portal, person), another_device(portal, person)
    page = here.page("/account")
    assert page.count("Firefox, Android") == 4  # its name, and that of its button, for two
    assert "dieses hier" in page
    [address] = re.findall(r'action="(/account/sessions/\d+)"', page)[:1]
    assert here.sends(address, form_on="/account").status_code == 302
    assert {phone.get("/").status_code, tablet.get("/").status_code} == {200, 302}
    assert here.sends("/account/sessions", form_on="/account").status_code == 302
    assert [device.get("/").status_code for device in (here, phone, tablet)] == [200, 302, 302]
    assert "signed_in_anew" in notices_of(portal, person)  # C8: a device that was not seen before


def test_a_new_password_signs_out_everywhere_else_and_is_told(portal: Portal, town: Town) -> None:  # C8
    person = town.person()
    here = portal.signed_in(person)
    elsewhere = another_device(portal, person)
    for weak, words in (("kurz", "kurz"), ("passwortpasswort", ""), ("qwertyuiopasdf", "")):
        refused = here.sends("/account/password", password=weak)
        assert (refused.status_code, words in refused.text) == (422, True), weak
        if weak == "kurz":
            break
    assert here.sends("/account/password", password=NEW_PASSWORD).headers["Location"] == "/account"
    assert elsewhere.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert portal.browser().signs_in(person.number, PASSWORD).status_code == 422
    assert portal.browser().signs_in(person.number, NEW_PASSWORD).status_code == 302
    assert "login_changed" in notices_of(portal, person)
    assert NEW_PASSWORD not in portal.log.read_text()


def key_on(page: str) -> bytes:
    found = re.search(r'name="key" value="([A-Z2-7]+)"', page)
    assert found is not None
    return base64.b32decode(found[1])


def test_an_authenticator_app_counts_once_it_has_shown_a_code_and_must_cool(portal: Portal, town: Town) -> None:  # A3
    person = town.person()
    here = portal.signed_in(person)
    page = here.page("/account/authenticator")
    assert "<svg" in page
    key = key_on(page)
    text = base64.b32encode(key).decode()
    wrong = here.sends("/account/authenticator", key=text, code="000000")
    assert wrong.status_code == 422
    assert key_on(wrong.text) == key  # the app that was set up stays the one
    code = totp_of(key).generate(int(time.time())).decode()
    assert here.sends("/account/authenticator", key=text, code=code).headers["Location"] == "/account"
    assert "login_changed" in notices_of(portal, person)
    [(sealed,)] = portal.database.rows("select totp from customer_login where customer_id = %s", person.id)
    assert key not in bytes(sealed)
    assert key.hex().encode() not in bytes(sealed)
    again = portal.browser()
    assert again.signs_in(person.number).headers["Location"].startswith("/sign-in/code")
    later = totp_of(key).generate(int(time.time()) + TOTP_SECONDS).decode()
    assert again.sends("/sign-in/code", code=later).status_code == 302
    assert again.sends("/code-and-sim/display", go="lock").status_code == 302
    assert again.sends("/code-and-sim/display", form_on="/", go="unlock").status_code == 403  # a moment old


def test_an_authenticator_app_is_removed_and_the_password_alone_signs_in(portal: Portal, town: Town) -> None:
    person = town.person()
    here = portal.signed_in(person, totp=True)
    assert here.sends("/account/authenticator", go="remove").status_code == 302
    assert portal.browser().signs_in(person.number).headers["Location"] == "/"


def test_what_changes_the_way_in_needs_a_fresh_session(portal: Portal, town: Town) -> None:
    person = town.person()
    here = portal.signed_in(person)
    with portal.database.connect() as owner:
        owner.execute(
            "update portal_session set fresh_at = now() - interval '1 hour' where customer_id = %s", (person.id,)
        )
    for address in ("/account/password", "/account/authenticator", "/account/passkeys"):
        assert here.get(address).headers["Location"].startswith("/sign-in/again")
    sent = here.sends("/account/password", form_on="/account", password=NEW_PASSWORD)
    assert sent.headers["Location"].startswith("/sign-in/again")
    assert portal.browser().signs_in(person.number, PASSWORD).status_code == 302


# Passkeys, with an authenticator that Chromium plays -----------------------------------------------------------------


@pytest.fixture
def page(browser: Chromium, portal: Portal) -> Iterator[Page]:
    """A browser whose device verifies its user. Passkeys need a name: an address of digits has none."""
    context = browser.new_context(base_url=f"http://localhost:{portal.port}", locale="de-DE")
    context.set_default_timeout(20_000)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()


def signs_in(page: Page, person: Person) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-Mail oder Kundennummer").fill(person.number)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    expect(page.get_by_role("heading", name="Hallo Maren")).to_be_visible()


def test_a_passkey_is_added_signs_in_and_proves_it_again(page: Page, portal: Portal, town: Town) -> None:  # A3, S11
    person = town.person("4809")
    portal.enrol(person)
    signs_in(page, person)
    page.goto("/account/passkeys")
    page.get_by_role("button", name="Passkey hinzufügen").click()
    expect(page.get_by_role("heading", name="Konto")).to_be_visible()
    assert "login_changed" in notices_of(portal, person)
    page.get_by_role("button", name="Abmelden", exact=True).first.click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()

    page.get_by_role("button", name="Mit Passkey anmelden").click()
    expect(page.get_by_role("heading", name="Hallo Maren")).to_be_visible()
    rows = town.database.rows(
        "select method, strong_since is not null from portal_session where customer_id = %s order by id desc limit 1",
        person.id,
    )
    assert rows == [("passkey", True)]

    with portal.database.connect() as owner:
        owner.execute(
            "update portal_session set fresh_at = now() - interval '1 hour' where customer_id = %s", (person.id,)
        )
    page.goto("/code-and-sim/code")
    page.get_by_role("button", name="Weiter mit Passkey").click()
    expect(page.get_by_role("heading", name="Kundenkennzahl")).to_be_visible()


def test_the_passkey_of_a_contract_that_ended_signs_nobody_in(page: Page, portal: Portal, town: Town) -> None:
    person = town.person("4809")
    portal.enrol(person)
    signs_in(page, person)
    page.goto("/account/passkeys")
    page.get_by_role("button", name="Passkey hinzufügen").click()
    expect(page.get_by_role("heading", name="Konto")).to_be_visible()
    with portal.database.connect() as owner:
        owner.execute("update customer set ended_at = %s where id = %s", (datetime.now(UTC), person.id))
    page.goto("/sign-in")
    page.get_by_role("button", name="Mit Passkey anmelden").click()
    expect(page.get_by_text("Dieser Passkey passt nicht.")).to_be_visible()


def test_the_last_way_in_is_not_taken_away(portal: Portal, town: Town) -> None:
    from tests.portal.foreign import passkey_of

    person = town.person()
    here = portal.signed_in(person)
    passkey = passkey_of(portal, person)
    with portal.database.connect() as owner:
        owner.execute("update customer_login set password = '' where customer_id = %s", (person.id,))
    refused = here.sends(f"/account/passkeys/{passkey}", form_on="/account")
    assert (refused.status_code, "letzter Zugang" in refused.text) == (409, True)


def test_rubbish_in_place_of_a_passkey_is_refused_in_words(portal: Portal, town: Town) -> None:
    browser = portal.browser()
    for credential in (
        "",
        "{}",
        "[]",
        '{"id": 1}',
        "x" * 30_000,
        '{"id":"AA","rawId":"AA","response":{},"type":"public-key"}',
    ):
        assert browser.sends("/sign-in/passkey/options", form_on="/sign-in").status_code == 200
        answer = browser.sends("/sign-in/passkey", form_on="/sign-in", credential=credential)
        assert answer.status_code == 422
        assert "passt nicht" in answer.json()["problem"]
    assert browser.sends("/sign-in/passkey", form_on="/sign-in", credential="{}").status_code == 409  # asked once
