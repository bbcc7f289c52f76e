"""Everybody gets through the portal: axe finds nothing, the keyboard is enough, narrow screens do, slow lines do."""

import gzip
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Response, expect

from tests.people import Person, Town
from tests.portal.chromium import chromium
from tests.portal.looked_at import pages_to_look_at
from tests.portals import PASSWORD, Portal
from werda.usecases.dress_brand import dress_brand

SHOTS = os.environ.get("WERDA_SCREENSHOTS")
"""A folder for pictures; without it none are taken."""

_STICKING_OUT = """[...document.querySelectorAll("main *, header *, footer *")]
    .filter((element) => element.getBoundingClientRect().right > 320)
    .map((element) => element.outerHTML.slice(0, 80))"""
"""What makes a page too wide."""

BUDGET = 60_000
"""Bytes of the first page with all it needs, compressed (issue 4)."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def person(town: Town) -> Person:
    return town.person("4711", puks=("12345678",))


@pytest.fixture(scope="module")
def pages(town: Town, portal: Portal, person: Person) -> list[tuple[str, str]]:
    brand = resources.files("werda.demo").joinpath("brand")
    with town.database.connect() as owner:
        owner.execute("delete from rate_limit")
        document, logo = brand.joinpath("nordfunk.toml"), brand.joinpath("nordfunk.svg")
        dress_brand(owner, town.brand, document.read_text(encoding="utf-8"), logo.read_bytes(), now=datetime.now(UTC))
    found = list(pages_to_look_at(portal, portal.signed_in(person), person))
    assert len(found) >= 5, "the search finds pages"
    return found


@pytest.fixture(scope="module")
def cookies(portal: Portal, person: Person, pages: list[tuple[str, str]], browser: Browser) -> list[Any]:
    """A session of the person, for as many contexts as there are ways to look."""
    client = portal.browser()
    client.signs_in(person.number)
    return [{"name": name, "value": value, "url": portal.url} for name, value in client.client.cookies.items()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, portal: Portal, pages: list[tuple[str, str]], cookies: list[Any], width: int, scheme: str
) -> None:
    context = browser.new_context(
        base_url=portal.url,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of its words
        locale="de-DE",
        service_workers="block",
    )
    context.add_cookies(cookies)
    page, axe, found = context.new_page(), Axe(), {}
    for name, path in [*pages, ("sign_in:sign_in", "/sign-in")]:
        if name == "sign_in:sign_in":
            context.clear_cookies()
        page.goto(path)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name.replace(':', '-')}-{width}-{scheme}.png", full_page=True)
        violations = axe.run(page).response["violations"]
        if violations:
            found[name] = [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations]
    context.close()
    assert found == {}


def test_nothing_has_to_be_scrolled_sideways_at_320_pixels(
    browser: Browser, portal: Portal, pages: list[tuple[str, str]], cookies: list[Any]
) -> None:
    """WCAG 2.2, 1.4.10: what 400 % of zoom leaves of a screen 1280 pixels wide."""
    context = browser.new_context(
        base_url=portal.url, viewport={"width": 320, "height": 640}, locale="de-DE", service_workers="block"
    )
    context.add_cookies(cookies)
    page, wide = context.new_page(), []
    for name, path in pages:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append((name, page.evaluate(_STICKING_OUT)))
    context.close()
    assert wide == []


def test_the_keyboard_alone_signs_in_looks_up_help_and_signs_out(
    browser: Browser, portal: Portal, person: Person, pages: list[tuple[str, str]]
) -> None:
    context = browser.new_context(base_url=portal.url, locale="de-DE", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto("/")
    page.keyboard.type(person.number)  # the cursor stands in the field
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hallo")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")  # the first stop leads past everything that repeats
    _tab_to(context, "Hilfe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hilfe")

    _tab_to(context, "Abmelden")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    context.close()


def _tab_to(context: BrowserContext, word: str) -> None:
    """Press Tab until the control with this word has the focus, which is seen."""
    page = context.pages[0]
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if word in (focused.text_content() or ""):
            assert focused.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab never comes to {word}")


def test_the_first_page_fits_a_slow_line(browser: Browser, portal: Portal, person: Person, cookies: list[Any]) -> None:
    context = browser.new_context(
        base_url=portal.url, viewport={"width": 390, "height": 844}, locale="de-DE", service_workers="block"
    )
    context.add_cookies(cookies)
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/", wait_until="load")
    page.wait_for_timeout(500)  # the modules' own modules
    whole = [answer for answer in answers if answer.ok and "text/event-stream" not in _type(answer)]
    sizes = {answer.url.removeprefix(portal.url): _compressed(answer) for answer in whole}
    context.close()
    print(sum(sizes.values()), sizes)
    assert sum(sizes.values()) <= BUDGET, sizes


def _type(answer: Response) -> str:
    return answer.headers.get("content-type", "")


def _compressed(answer: Response) -> int:
    """Its size as a proxy sends it; fonts are compressed as they are."""
    body = answer.body()
    return min(len(body), len(gzip.compress(body, 6)))
