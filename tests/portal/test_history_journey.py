"""Theft of a code, as it looks on a phone: wrong tries appear, one tap closes the hotline, and a case has a number."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.gates import Gate, running_gate
from tests.journeys.conftest import _QUIET, Shot, shot
from tests.parts import require
from tests.people import Person, Town
from tests.portal.test_code_and_sim import hotline_says
from tests.portals import PASSWORD, Portal

__all__ = ["shot"]

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def gate(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path_factory.mktemp("gate") / "gate.log") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = require("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=_QUIET, timeout=60_000)
        yield opened
        opened.close()


def _signed_in(browser: Browser, portal: Portal, person: Person) -> Page:
    portal.enrol(person)
    page = browser.new_context(base_url=portal.url, locale="de-DE", viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto("/sign-in")
    page.locator("input[name=name]").fill(person.number)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_url(f"{portal.url}/")
    return page


def _clean(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "nothing stands out over the edge"  # type: ignore[index]


def test_wrong_tries_are_seen_and_one_tap_locks(
    browser: Browser, portal: Portal, town: Town, gate: Gate, shot: Shot
) -> None:  # D4, A7, E5
    person = town.person("4809", puks=("12345678",))
    page = _signed_in(browser, portal, person)
    page.get_by_role("link", name="Verlauf").click()
    expect(page.get_by_text("Angemeldet", exact=True)).to_be_visible()
    from_elsewhere = {"source": {"calling_number": "+4917655500042"}}
    assert hotline_says(gate, person, person.wrong, "j-1", **from_elsewhere) == "refused"
    assert hotline_says(gate, person, "12345678", "j-2", **from_elsewhere) == "verified"
    page.get_by_role("link", name="Anrufe", exact=True).click()
    expect(page.get_by_text("passte nicht")).to_be_visible()
    expect(page.get_by_text("0176…42").first).to_be_visible()
    _clean(page)
    shot(page, "history-390")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto("/history")
    _clean(page)
    shot(page, "history-1280")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_role("listitem").filter(has_text="passte nicht").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Gemeldet, und die Hotline ist gesperrt")).to_be_visible()
    found = re.search(r"Dein Fall hat die Nummer (\d+)", page.locator("main").inner_text())
    assert found is not None
    _clean(page)
    shot(page, "history-reported-390")
    assert hotline_says(gate, person, "4809", "j-3") == "refused"
    assert hotline_says(gate, person, "12345678", "j-4") == "refused"
    page.get_by_role("link", name="Deine Meldungen").click()
    expect(page.get_by_text(f"Fall {found[1]}")).to_be_visible()
    _clean(page)
    shot(page, "history-reports-390")
    page.goto("/history")
    expect(page.get_by_text("Hotline gesperrt").first).to_be_visible()
    page.goto("/history/notices")
    expect(page.get_by_text("„Das war ich nicht“ wurde gemeldet.")).to_be_visible()
    _clean(page)
    shot(page, "history-notices-390")
    page.goto("/history?show=changes&before=x")
    shot(page, "history-changes-390")


def test_an_empty_history_says_so(browser: Browser, portal: Portal, town: Town, shot: Shot) -> None:
    page = _signed_in(browser, portal, town.person("4809"))
    page.goto("/history?show=calls")
    expect(page.get_by_text("Hier ist noch nichts")).to_be_visible()
    _clean(page)
    shot(page, "history-empty-390")
