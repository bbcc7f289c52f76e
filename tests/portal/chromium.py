"""Chromium for tests of the portal. A module starts it, because Playwright may not outlive one (tests/journeys)."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.parts import require

_QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, or a skip that says how to get one."""
    program = require("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=[*_QUIET, "--disable-background-networking"], timeout=60_000
        )
        yield opened
        opened.close()
