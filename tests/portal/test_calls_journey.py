"""Calls on a phone: the status changes by itself, "is it you?" lifts the call, without internet nothing is claimed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.gates import Gate
from tests.journeys import conftest as journeys
from tests.journeys.conftest import Shot
from tests.people import Person, Town
from tests.portal import test_calls
from tests.portal.test_calls import Call
from tests.portals import PASSWORD, Portal, give_totp, totp_now

gate, portal, agent = test_calls.gate, test_calls.portal, test_calls.agent
browser, shot = journeys.browser, journeys.shot

PHONE: ViewportSize = {"width": 390, "height": 844}
NOT_WITH_YOU = "Wir sprechen gerade NICHT mit dir"
WITH_YOU = "Wir sprechen gerade mit dir"
UNKNOWN = "Kein Internet – Anrufstatus unbekannt"


@pytest.fixture(params=[True], ids=["with-scripts"])
def phone(request: pytest.FixtureRequest, browser: Browser, portal: Portal) -> Iterator[BrowserContext]:
    """A phone, nobody signed in; a script error or a failed page of ours fails the test."""
    context = browser.new_context(
        base_url=portal.url, locale="de-DE", viewport=PHONE, java_script_enabled=request.param, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    troubles: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("response", lambda answer: troubles.append(answer.url) if answer.status >= 500 else None)
    yield context
    context.close()
    assert troubles == []


without_scripts = pytest.mark.parametrize("phone", [False], ids=["without-scripts"], indirect=True)


def strongly_signed_in(phone: BrowserContext, portal: Portal, person: Person) -> Page:
    """Somebody's first page, after password and authenticator app, through the real forms."""
    give_totp(portal.database, portal.enrol(person))
    page = phone.new_page()
    page.goto("/sign-in")
    page.locator("[name=name]").fill(person.number)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/sign-in/code*")
    page.locator("[name=code]").fill(totp_now(portal.database, person))
    page.locator("[name=code]").press("Enter")
    expect(page.get_by_role("heading", name="Anrufstatus")).to_be_visible()
    return page


def test_a_call_is_confirmed_on_the_phone_without_loading_the_page_again(
    phone: BrowserContext, portal: Portal, town: Town, gate: Gate, agent: int, shot: Shot
) -> None:  # A3, D5
    person = town.person("4809")
    page = strongly_signed_in(phone, portal, person)
    status = page.locator("[data-live]")
    expect(status).to_contain_text(NOT_WITH_YOU)
    shot(page, "calls-not-with-you-390")
    page.evaluate("window.loadedOnce = true")

    call = Call(town, gate, agent, person, "4809")
    expect(status).to_contain_text(WITH_YOU)
    expect(status).to_contain_text("Jana ist am Apparat")
    words = status.locator(".words").inner_text()
    shot(page, "calls-with-you-390")

    assert call.asks() == "asked"
    question = page.get_by_role("alert").filter(has_text="Bist du das?")
    expect(question.locator(".words")).to_have_text(words)
    assert page.evaluate("window.loadedOnce") is True
    shot(page, "calls-question-390")
    question.get_by_role("button", name="Ja, das bin ich").click()
    expect(page.get_by_text("Die Hotline weiß jetzt, dass du es bist.")).to_be_visible()
    assert (call.reply, call.level) == ("yes", 2)
    shot(page, "calls-answered-390")

    page.get_by_role("link", name="Zur Startseite").click()
    expect(status).to_contain_text(WITH_YOU)
    call.ends()
    expect(status).to_contain_text(NOT_WITH_YOU)


def test_without_internet_the_status_is_unknown_and_comes_back_by_itself(
    phone: BrowserContext, portal: Portal, town: Town, gate: Gate, agent: int, shot: Shot
) -> None:  # D5
    person = town.person("4809")
    page = strongly_signed_in(phone, portal, person)
    status = page.locator("[data-live]")
    expect(status).to_contain_text(NOT_WITH_YOU)
    phone.set_offline(True)
    expect(status).to_have_text(UNKNOWN)
    shot(page, "calls-unknown-390")
    call = Call(town, gate, agent, person, "4809")
    phone.set_offline(False)
    expect(status).to_contain_text(WITH_YOU)
    call.ends()


def test_after_the_phone_has_slept_no_old_status_is_shown(
    phone: BrowserContext, portal: Portal, town: Town, gate: Gate
) -> None:  # D5
    page = strongly_signed_in(phone, portal, town.person("4809"))
    status = page.locator("[data-live]")
    expect(status).to_contain_text(NOT_WITH_YOU)
    page.clock.install()
    page.reload()
    expect(status).to_contain_text(NOT_WITH_YOU)
    phone.route("**/calls/live", lambda route: route.abort())  # awake again, and nobody answers yet
    page.clock.fast_forward("01:00")
    expect(status).to_have_text(UNKNOWN)
    phone.unroute("**/calls/live")
    page.clock.fast_forward("00:02")
    expect(status).to_contain_text(NOT_WITH_YOU)


def test_what_did_not_change_keeps_the_focus_of_who_is_about_to_answer(
    phone: BrowserContext, portal: Portal, town: Town, gate: Gate, agent: int
) -> None:
    person = town.person("4809")
    page = strongly_signed_in(phone, portal, person)
    call = Call(town, gate, agent, person)
    call.asks()
    yes = page.get_by_role("button", name="Ja, das bin ich")
    yes.focus()
    with page.expect_response("**/calls/now"), town.database.connect() as owner:
        owner.execute("select pg_notify('werda_portal', %s)", (str(person.id),))
    page.wait_for_timeout(300)  # the answer is on the page
    expect(yes).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Die Hotline weiß jetzt, dass du es bist.")).to_be_visible()
    assert (call.reply, call.level) == ("yes", 1)
    call.ends()
