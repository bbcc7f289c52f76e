"""One demo and one browser for all journeys."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys import demo_process
from tests.journeys.demo_process import Demo
from tests.parts import require

SHOTS = os.environ.get("WERDA_SCREENSHOTS")
"""A folder for pictures; without it none are taken."""

_QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

_PATIENCE = 20_000  # milliseconds; the longest prompt takes nine seconds

Shot = Callable[[Page, str], None]


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    """A running demo, its folder short enough for PostgreSQL's socket."""
    with TemporaryDirectory(prefix="werda-demo-") as home, demo_process.running(Path(home)) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says how to get it.

    Playwright keeps an event loop running until it is stopped, so it may not outlive a module: asynchronous tests of
    others could not run their own.
    """
    program = require("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=[*_QUIET, "--disable-background-networking"], timeout=60_000
        )
        yield opened
        opened.close()


@pytest.fixture
def visitor(browser: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """A visitor with tabs of their own; a script error or a failed request of the demo's pages fails the test."""
    context = browser.new_context(base_url=demo.pages, locale="de-DE", viewport={"width": 1280, "height": 860})
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    troubles: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("response", lambda answer: troubles.append(answer.url) if answer.status >= 500 else None)
    yield context
    context.close()
    assert troubles == []


@pytest.fixture
def shot() -> Shot:
    """Takes a picture of the whole page where WERDA_SCREENSHOTS names a folder."""

    def take(page: Page, name: str) -> None:
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)

    return take
