"""Chromium for tests of the portal. A module starts it, because Playwright may not outlive one (tests/journeys)."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from tests.parts import require

_QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, or a skip that says how to get one."""
    program = require("chromium")
    expect.set_options(timeout=20_000)  # two suites may run beside this one
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=[*_QUIET, "--disable-background-networking"], timeout=60_000
        )
        yield opened
        opened.close()
