"""The portal as an app: installable, in a brand's colours, honest without internet; it keeps nothing (S8, B9)."""

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.people import Person, Town
from tests.portal.chromium import chromium
from tests.portals import PASSWORD, Portal
from werda.usecases.dress_brand import dress_brand

BRAND = resources.files("werda.demo").joinpath("brand")
DOCUMENT = BRAND.joinpath("nordfunk.toml").read_text(encoding="utf-8")
LOGO = BRAND.joinpath("nordfunk.svg").read_bytes()
OFFLINE = "Kein Internet – Anrufstatus unbekannt"


@pytest.fixture(scope="module", autouse=True)
def _dressed(town: Town) -> None:
    with town.database.connect() as owner:
        assert not isinstance(dress_brand(owner, town.brand, DOCUMENT, LOGO, now=datetime.now(UTC)), list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def phone(browser: Browser, portal: Portal) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=portal.url, viewport={"width": 390, "height": 844}, locale="de-DE")
    context.set_default_timeout(20_000)
    yield context
    context.close()


def manifest_of(portal: Portal) -> dict[str, Any]:
    told: dict[str, Any] = portal.browser().get("/manifest.webmanifest").json()
    return told


def under_the_worker(phone: BrowserContext, path: str) -> Page:
    """A page that the service worker already serves."""
    page = phone.new_page()
    page.goto(path)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    return page


def sign_in(page: Page, person: Person) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-Mail").or_(page.locator("input[name=name]")).first.fill(person.number)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button.primary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hallo")


# Installable ---------------------------------------------------------------------------------------------------------


def test_the_manifest_says_what_browsers_want_to_install_an_app(portal: Portal) -> None:
    told = manifest_of(portal)
    assert told["name"] == told["short_name"] == "Nordfunk"
    assert (told["display"], told["scope"], told["start_url"]) == ("standalone", "/", "/?place=app")
    assert told["theme_color"] == "#0b5d66"
    assert {icon["sizes"] for icon in told["icons"]} >= {"192x192", "512x512"}
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}


def test_every_icon_is_there_in_the_size_it_says(portal: Portal) -> None:
    browser = portal.browser()
    for icon in manifest_of(portal)["icons"]:
        answer = browser.get(icon["src"])
        assert answer.headers["Content-Type"].split(";")[0] == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", answer.content[16:24])
            assert f"{width}x{height}" == icon["sizes"]


def test_a_brand_without_tokens_has_icons_too(portal: Portal, town: Town) -> None:
    for name in ("icon-192.png", "icon-512.png", "icon-maskable-512.png"):
        file = resources.files("werda.portal.app").joinpath("pictures", name)
        assert file.read_bytes().startswith(b"\x89PNG")


def test_chromium_finds_nothing_that_keeps_it_from_installing_the_app(phone: BrowserContext) -> None:
    page = under_the_worker(phone, "/sign-in")
    devtools = phone.new_cdp_session(page)
    assert devtools.send("Page.getAppManifest")["errors"] == []
    problems = {one["errorId"] for one in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert problems <= {"in-incognito"}  # every context of a test is


def test_who_starts_the_app_is_in_the_app_from_then_on(portal: Portal, town: Town) -> None:  # S8
    person = town.person("4712")
    portal.enrol(person)
    browser = portal.browser()
    assert browser.get("/?place=app").status_code == 302
    assert "werda_app" in browser.client.cookies
    assert browser.signs_in(person.number).status_code == 302
    assert portal.database.rows("select place from portal_session where customer_id = %s", person.id) == [("app",)]


def test_who_opens_a_browser_is_in_the_portal(portal: Portal, town: Town) -> None:  # S8
    person = town.person("4713")
    portal.signed_in(person)
    assert portal.database.rows("select place from portal_session where customer_id = %s", person.id) == [("portal",)]


# Without internet ----------------------------------------------------------------------------------------------------


def test_without_internet_the_app_says_so_and_afterwards_goes_on(phone: BrowserContext) -> None:
    page = under_the_worker(phone, "/help")
    phone.set_offline(True)
    page.goto("/sign-in")
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE)
    expect(page.get_by_role("link", name=re.compile(r"^\+49"))).to_have_attribute("href", re.compile(r"^tel:\+49"))
    assert page.evaluate("document.fonts.check('1rem \"Atkinson Hyperlegible Next\"')")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')").strip() == "#0b5d66"
    phone.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden", timeout=20_000)


def test_a_page_that_is_open_says_when_the_internet_goes(phone: BrowserContext) -> None:
    page = under_the_worker(phone, "/help")
    note = page.get_by_text("Kein Internet: Anrufstatus unbekannt.")
    expect(note).to_be_hidden()
    phone.set_offline(True)
    expect(note).to_be_visible()
    phone.set_offline(False)
    expect(note).to_be_hidden()


def test_no_old_status_and_no_page_is_ever_shown_or_kept(phone: BrowserContext, portal: Portal, town: Town) -> None:
    person = town.person("8642", puks=("24681357",))
    portal.enrol(person)
    page = under_the_worker(phone, "/sign-in")
    sign_in(page, person)
    for path in ("/", "/code-and-sim", "/code-and-sim/code", f"/code-and-sim/sims/{person.sims[0].id}", "/calls"):
        page.goto(path)
    kept = page.evaluate(
        """async () => {
            const kept = {};
            for (const name of await caches.keys()) {
                const shelf = await caches.open(name);
                for (const request of await shelf.keys()) {
                    kept[new URL(request.url).pathname] = await (await shelf.match(request)).text();
                }
            }
            return kept;
        }"""
    )
    shell = re.search(r"const SHELL = (\[.*\]);", portal.browser().get("/sw.js").text)
    assert shell is not None
    assert sorted(kept) == sorted(re.findall(r'"([^"]+)"', shell[1]))
    everything = "".join(kept.values())
    for secret in ("8642", "24681357", person.number, "csrfmiddlewaretoken"):
        assert secret not in everything  # B9
    phone.set_offline(True)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE)


def test_another_language_and_another_logo_are_another_shell(portal: Portal, town: Town) -> None:
    browser = portal.browser()

    def version() -> str:
        return browser.get("/sw.js").text.split("VERSION = ")[1].split(";")[0]

    first = version()
    assert version() == first
    browser.client.cookies.set("werda_portal_language", "en")
    assert version() != first
    assert "No internet" in browser.page("/offline")


# White label ---------------------------------------------------------------------------------------------------------


def test_colour_and_logo_are_the_brands(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto("/sign-in")
    button = page.locator("main button.primary")
    expect(button).to_have_css("background-color", "rgb(11, 93, 102)")
    assert page.locator(".wordmark img").evaluate("image => image.naturalWidth") > 0
    page.emulate_media(color_scheme="dark")
    expect(button).to_have_css("background-color", "rgb(111, 207, 198)")


def test_imprint_and_privacy_are_linked_from_every_page(portal: Portal) -> None:
    page = portal.browser().page("/sign-in")
    assert "https://nordfunk.example.org/impressum" in page
    assert "https://nordfunk.example.org/datenschutz" in page


@pytest.mark.parametrize(
    "path", ["/brand.css", "/brand.svg", "/manifest.webmanifest", "/sw.js", "/offline", "/icon-192.png"]
)
def test_a_file_of_the_brand_is_the_same_for_everybody_and_leaves_no_cookie(
    portal: Portal, town: Town, path: str
) -> None:
    anybody = portal.browser().get(path)
    somebody = portal.signed_in(town.person(f"{1000 + len(path):04}")).get(path)
    assert anybody.content == somebody.content
    assert "Set-Cookie" not in somebody.headers
    assert anybody.headers["Cache-Control"] == "no-cache"
    directives = [part.strip() for part in anybody.headers["Content-Security-Policy"].split(";")]
    assert "default-src 'self'" in directives


# Help ----------------------------------------------------------------------------------------------------------------


def test_help_needs_no_session_and_says_what_the_hotline_never_asks(portal: Portal) -> None:  # D5
    page = portal.browser().page("/help")
    assert "fragen wir nie nach Kundenkennzahl, PUK, PIN oder Passwort" in page
    assert "SIM-Karten-Träger" in page  # S10
    assert "Vermittlungsdienst" in page  # E1
    assert "Jemand hat deinen Namen benutzt" in page  # E6
    assert 'href="tel:+4930231250"' in page
