"""Whole stories in real browsers: somebody forgot their code (E4, E5), and somebody's phone was stolen (E5, A7, C2)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gates import Gate
from tests.one_time import letter_code
from tests.people import Person, Town
from tests.portal import test_calls, test_enrol
from tests.portal.chromium import chromium
from tests.portal.test_code_and_sim import hotline_says
from tests.portal.test_enrol import SmsCentre, link_for, sms_for
from tests.portals import PASSWORD, Portal, give_totp, totp_now

gate, portal, centre = test_calls.gate, test_calls.portal, test_enrol.centre


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def device(browser: Browser, portal: Portal) -> Iterator["Device"]:
    """Browsers of their own, as on several devices."""
    devices = Device(browser, portal)
    yield devices
    devices.closes()


class Device:
    """Opens a page on one more device."""

    def __init__(self, browser: Browser, portal: Portal) -> None:
        self._browser, self._portal = browser, portal
        self._contexts = []  # type: ignore[var-annotated]

    def page(self) -> Page:
        context = self._browser.new_context(
            base_url=self._portal.url, locale="de-DE", viewport={"width": 390, "height": 844}
        )
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        return context.new_page()

    def signed_in(self, person: Person) -> Page:
        page = self.page()
        page.goto("/sign-in")
        page.locator("input[name=name]").fill(person.number)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(re.compile(r"/(sign-in/code.*)?$"))
        if "/sign-in/code" in page.url:
            page.locator("input[name=code]").fill(totp_now(self._portal.database, person))
            page.locator("input[name=code]").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Hallo")
        return page

    def closes(self) -> None:
        for context in self._contexts:
            context.close()


def test_who_forgot_the_code_opens_the_portal_and_has_a_new_one_that_counts(
    device: Device, portal: Portal, town: Town, gate: Gate, centre: SmsCentre
) -> None:  # E4, E5, B1, B8: the old code is never asked for
    person = town.person("4809")
    page = device.page()
    page.goto("/sign-in")
    page.get_by_role("link", name="Zum ersten Mal hier, oder Passwort vergessen").click()
    page.locator("input[name=name]").fill(person.number)
    page.get_by_role("button", name="Link schicken").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"/enrol/link#{link_for(portal, person)}")
    page.wait_for_url("**/enrol/sms")
    page.locator("input[name=code]").fill(sms_for(portal, centre, person))
    page.locator("input[name=code]").press("Enter")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hallo")
    page.get_by_role("link", name="Ändern").click()
    suggested = re.sub(r"\D", "", page.locator(".secret-digits").inner_text())
    page.get_by_role("button", name="Diese nehmen").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_url("**/code-and-sim/changed")
    assert hotline_says(gate, person, "4809", "story-old") == "refused"
    assert hotline_says(gate, person, suggested, "story-new") == "verified"
    page.goto("/history")
    expect(page.get_by_text("passte nicht").first).to_be_visible()


def test_who_has_neither_mail_nor_password_comes_in_by_a_letter(
    device: Device, portal: Portal, town: Town, gate: Gate
) -> None:  # E4, E5: the code is printed, typed, and counts once
    person = town.person("4809")
    code = letter_code(town, person, printed=datetime.now(UTC) - timedelta(days=3))
    for known in (True, False):
        page = device.page()
        page.goto("/enrol")
        page.get_by_role("link", name="Ich habe einen Code aus einem Brief").click()
        page.locator("input[name=number]").fill(person.number)
        page.locator("input[name=code]").fill(f"{code[:5]} {code[5:]}")
        page.locator("input[name=code]").press("Enter")
        if known:
            page.locator("input[name=password]").fill(PASSWORD)
            page.locator("input[name=password]").press("Enter")
            expect(page.get_by_role("heading", level=1)).to_contain_text("Hallo")
        else:
            expect(page.get_by_role("alert")).to_contain_text("gilt nicht mehr")
    again = device.signed_in(person)
    again.goto("/code-and-sim/code")
    again.get_by_role("button", name="Jetzt anzeigen").click()
    expect(again.locator(".secret-digits")).to_have_text(re.compile(r"48\s*09"))


def test_who_lost_the_phone_shuts_the_thief_out_from_another_device_and_opens_again(
    device: Device, portal: Portal, town: Town, gate: Gate
) -> None:  # E5: one factor closes, full strength opens
    person = town.person("4809", puks=("12345678",))
    portal.enrol(person)
    thief = device.signed_in(person)
    owner = device.signed_in(person)
    assert hotline_says(gate, person, "4809", "theft-1") == "verified"  # the thief knows the code

    owner.goto("/code-and-sim/hotline")
    owner.get_by_role("button", name="Hotline-Zugang sperren").click()
    assert hotline_says(gate, person, "4809", "theft-2") == "refused"
    assert hotline_says(gate, person, "12345678", "theft-3") == "refused"
    owner.goto("/code-and-sim/display")
    owner.get_by_role("button", name="Anzeige sperren").click()
    owner.wait_for_url("**/code-and-sim")
    thief.goto("/code-and-sim/code")  # from this moment on it is shown to nobody with this login
    thief.get_by_role("button", name="Jetzt anzeigen").click()
    expect(thief.get_by_text("gesperrt").first).to_be_visible()
    expect(thief.locator(".secret-digits")).to_have_count(0)
    owner.goto("/account")
    owner.get_by_role("button", name="Überall sonst abmelden").click()
    thief.goto("/code-and-sim")
    expect(thief.get_by_role("heading", level=1)).to_have_text("Anmelden")

    owner.goto("/history?part=calls")
    owner.get_by_role("listitem").filter(has_text="legitimiert").get_by_role("button").first.click()
    expect(owner.get_by_text(re.compile(r"Dein Fall hat die Nummer \d+"))).to_be_visible()
    owner.goto("/code-and-sim/hotline")
    expect(owner.get_by_text("gesperrt").first).to_be_visible()

    [(login,)] = portal.database.rows("select id from customer_login where customer_id = %s", person.id)
    give_totp(portal.database, login)
    strong = device.signed_in(person)
    strong.goto("/code-and-sim/hotline")
    strong.get_by_role("button", name="Hotline-Zugang öffnen").click()
    assert hotline_says(gate, person, "12345678", "theft-4") == "verified"
