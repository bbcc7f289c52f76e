""" "Is it you?": the customer's answer shows on the agent's screen by itself; a no takes everything off it (A3, A4).

So does what the call is about, where the customer said so with a call code.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.demo_process import Demo
from tests.journeys.test_a_call import ASKS, LEGITIMATED, Phone, desk_of, my_call


@pytest.fixture
def customer(browser: Browser, demo: Demo) -> Iterator[Page]:
    """Maren in her portal, on a telephone."""
    context = browser.new_context(base_url=demo.pages, locale="de-DE", viewport={"width": 390, "height": 844})
    context.set_default_timeout(20_000)
    start = context.new_page()
    start.goto("/")
    with context.expect_page() as opened:
        start.get_by_role("button", name="Portal von Maren Muster").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("Hallo")
    yield opened.value
    context.close()


def test_the_desk_opens_on_the_topic_that_the_customer_chose(
    demo: Demo, visitor: BrowserContext, customer: Page
) -> None:  # B6
    desk = desk_of(visitor, "Anna Petersen")
    customer.get_by_role("link", name="Hotline anrufen").click()
    customer.get_by_label("Worum geht es?").select_option("Rechnung")
    customer.get_by_role("button", name="Anruf-Code holen").click()
    code = "".join(customer.locator(".secret-digits span").all_inner_texts())
    phone = Phone(visitor.new_page(), demo.customer("Maren Muster")).call()
    phone.keys(f"{code}#", until_heard=ASKS)
    phone.is_answered_by("Anna Petersen")
    expect(my_call(desk)).to_contain_text("Rechnung")
    my_call(desk).get_by_role("button", name="Öffnen").click()
    expect(desk.locator(".state-bar")).to_contain_text("Rechnung")
    expect(desk.get_by_label("Anliegen")).to_have_value("bill")
    phone.hang_up()


def asked_on_the_desk(demo: Demo, visitor: BrowserContext) -> tuple[Page, Phone]:
    """A call of Maren's, legitimated by her code, in which the agent has asked her in the portal."""
    maren = demo.customer("Maren Muster")
    desk = desk_of(visitor, "Anna Petersen")
    phone = Phone(visitor.new_page(), maren).call()
    phone.keys(maren["code"] + "#", until_heard=ASKS)
    expect(phone.page.locator("#lines")).to_contain_text(LEGITIMATED)
    phone.is_answered_by("Anna Petersen")
    my_call(desk).get_by_role("button", name="Öffnen").click()
    expect(desk.get_by_text("Maren Muster")).to_be_visible()
    desk.get_by_role("button", name="App-Bestätigung").click()
    expect(desk.locator("[data-question]")).to_contain_text("Gefragt")
    return desk, phone


def says(customer: Page, answer: str) -> None:
    question = customer.get_by_role("alert").filter(has_text="Bist du das?")
    question.get_by_role("button", name=answer).click()


def test_a_no_takes_the_customer_off_the_screen_and_leaves_the_note(
    demo: Demo, visitor: BrowserContext, customer: Page
) -> None:
    desk, phone = asked_on_the_desk(demo, visitor)
    note = desk.get_by_role("textbox", name="Notiz")
    note.fill("Angefangen, nicht fertig")
    says(customer, "Nein")
    expect(desk.get_by_text("Maren Muster")).to_have_count(0)
    expect(desk.locator(".state-bar")).to_contain_text(re.compile("nicht legitimiert", re.IGNORECASE))
    expect(desk.locator("[data-question]")).to_contain_text("das bin ich nicht")
    expect(note).to_have_value("Angefangen, nicht fertig")
    desk.reload()
    expect(desk.get_by_text("Keine Kundendaten")).to_be_visible()  # on the server, too
    phone.hang_up()


def test_a_no_counts_on_a_page_that_refused_a_form(demo: Demo, visitor: BrowserContext, customer: Page) -> None:
    desk, phone = asked_on_the_desk(demo, visitor)
    desk.locator("summary").filter(has_text="Erneut").click()
    desk.locator("[name=number]").fill("0176 123")
    desk.locator("[name=digits]").fill("keine Ziffern")
    desk.locator("[name=digits]").press("Enter")
    expect(desk.get_by_text("Bitte nur Ziffern eingeben.")).to_be_visible()
    expect(desk.get_by_text("Maren Muster")).to_be_visible()
    says(customer, "Nein")
    expect(desk.get_by_text("Keine Kundendaten")).to_be_visible()
    expect(desk.get_by_text("Maren Muster")).to_have_count(0)
    phone.hang_up()


def test_a_yes_shows_by_itself(demo: Demo, visitor: BrowserContext, customer: Page) -> None:
    desk, phone = asked_on_the_desk(demo, visitor)
    desk.get_by_role("textbox", name="Notiz").fill("Angefangen, nicht fertig")
    says(customer, "Ja, das bin ich")
    expect(desk.locator(".state-bar")).to_contain_text(re.compile("Stufe 2"))
    expect(desk.get_by_role("textbox", name="Notiz")).to_have_value("Angefangen, nicht fertig")
    expect(desk.get_by_text("Maren Muster")).to_be_visible()
    phone.hang_up()


def test_while_the_desk_is_not_reached_no_customer_is_shown(
    demo: Demo, visitor: BrowserContext, customer: Page
) -> None:
    desk, phone = asked_on_the_desk(demo, visitor)
    desk.route("**/alive", lambda route: route.abort())
    says(customer, "Nein")
    expect(desk.get_by_text("Maren Muster")).to_be_hidden()
    desk.unroute("**/alive")
    expect(desk.get_by_text("Keine Kundendaten")).to_be_visible()
    phone.hang_up()
