"""A real browser leads from the app to the portal and back; the page may send its form on to this app alone."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.people import Town
from tests.portal.chromium import chromium
from tests.portal.test_native import App, _plain_http, portal
from tests.portals import PASSWORD, Portal

__all__ = ["_plain_http", "portal"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def listening() -> Iterator[HTTPServer]:
    """The app's own address on this device."""

    class Arrived(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Back in the app")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Arrived) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("width", [390, 1280])
def test_from_the_app_to_the_portal_and_back(
    portal: Portal, town: Town, browser: Browser, listening: HTTPServer, width: int
) -> None:
    person = town.person("4805")
    portal.enrol(person)
    app = App(portal, redirect_uri=f"http://127.0.0.1:{listening.server_port}/signed-in")
    page = browser.new_context(locale="de-DE", viewport={"width": width, "height": 844}).new_page()
    page.goto(portal.url + app.wants_in())
    page.locator("input[name=name]").fill(person.number)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    page.get_by_role("heading", name="Die App „Nordfunk“ erlauben?").wait_for()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Erlauben", exact=True).click()
    page.get_by_text("Back in the app").wait_for()
    assert app.fetches(page.url)["scope"] == "secrets status"
    page.context.close()
