"""From the first ring to the agent's screen, in a browser, on the running demo (issue: "the whole demo story")."""

import base64
import hmac
import re
import struct
import time
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.journeys.conftest import Shot
from tests.journeys.demo_process import Demo

LEGITIMATED = re.compile("legitimiert, Stufe 1", re.IGNORECASE)


def wrong(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1111) % 10_000:04}"


class Phone:
    """The phone page, used as a visitor does."""

    def __init__(self, page: Page, customer: dict[str, Any]) -> None:
        self.page = page
        page.goto(f"/phone?customer={customer['customer_number']}")

    def call(self) -> "Phone":
        self.page.get_by_role("button", name="Anrufen").click()
        return self

    def hears(self, text: str) -> None:
        expect(self.page.locator("#lines")).to_contain_text(text)

    def keys(self, digits: str, *, until_heard: str) -> None:
        """Key digits in once the hotline has asked for them."""
        self.hears(until_heard)
        for digit in digits:
            self.page.locator(f'[data-key="{digit}"]').click()

    def is_answered_by(self, name: str) -> None:
        self.page.locator("#agents").get_by_role("button", name=name).click()
        expect(self.page.locator("#state")).to_contain_text(name)

    def hang_up(self) -> None:
        self.page.get_by_role("button", name="Auflegen").click()
        expect(self.page.locator("#state")).to_have_text("Anruf beendet")


def desk_of(visitor: BrowserContext, agent: str) -> Page:
    """The desk in a tab of its own."""
    desk = visitor.new_page()
    desk.goto("/")
    desk.get_by_role("button", name=agent).click()
    expect(desk.get_by_role("heading", name="Anrufe")).to_be_visible()
    return desk


def my_call(desk: Page) -> Locator:
    """The row of the call that rings at this agent."""
    return desk.locator("tr.mine")


ASKS = "Gib deine Kundenkennzahl"
ASKS_AGAIN = "Die Kundenkennzahl hat vier Ziffern"


def test_customer_code_legitimates_and_the_agent_sees_who_calls(
    demo: Demo, visitor: BrowserContext, shot: Shot
) -> None:  # S1, A4, D3
    maren = demo.customer("Maren Muster")
    desk = desk_of(visitor, "Anna Petersen")
    welcome = visitor.new_page()
    welcome.goto("/")
    expect(welcome.locator(".tries > li")).to_have_count(5)
    shot(welcome, "welcome")

    phone = Phone(visitor.new_page(), maren).call()
    phone.keys(wrong(maren["code"]) + "#", until_heard=ASKS)
    phone.keys(maren["code"] + "#", until_heard=ASKS_AGAIN)
    expect(phone.page.locator("#lines")).to_contain_text(LEGITIMATED)
    shot(phone.page, "phone")
    phone.is_answered_by("Anna Petersen")

    expect(my_call(desk)).to_contain_text(LEGITIMATED)  # live, without a reload
    expect(my_call(desk)).to_contain_text("Kundenkennzahl")
    assert "Muster" not in desk.content()
    shot(desk, "desk")
    my_call(desk).get_by_role("button", name="Öffnen").click()
    expect(desk.get_by_text("Maren Muster")).to_be_visible()
    expect(desk.get_by_text(maren["customer_number"])).to_be_visible()
    shot(desk, "call")

    desk.get_by_role("textbox", name="Notiz").fill("Fragt nach dem Kombi-Vorteil.")
    desk.get_by_role("button", name="Anruf abschließen").click()
    expect(my_call(desk)).to_have_count(0)
    assert "Muster" not in desk.content()
    phone.hang_up()


def test_unverified_caller_reaches_a_person_who_sees_no_customer(
    demo: Demo, visitor: BrowserContext, shot: Shot
) -> None:  # A4, C7
    caller = demo.customer("Deichbau GmbH")
    mobile = caller["lines"][1]["msisdn"]
    desk = desk_of(visitor, "Ben Yıldız")
    phone = Phone(visitor.new_page(), caller)
    phone.page.locator(f'input[value="{mobile}"]').check()
    phone.call()
    phone.keys(wrong(caller["code"]) + "#", until_heard=ASKS)
    phone.keys("0#", until_heard=ASKS_AGAIN)
    phone.hears("Ohne Legitimation sind nur allgemeine Auskünfte möglich.")
    phone.is_answered_by("Ben Yıldız")

    expect(my_call(desk)).to_contain_text("nicht legitimiert", ignore_case=True)
    my_call(desk).get_by_role("button", name="Öffnen").click()
    expect(desk.get_by_text("Keine Kundendaten")).to_be_visible()
    assert "Deichbau" not in desk.content()
    shot(desk, "call-unverified")
    phone.hang_up()


def test_puk_legitimates_somebody_without_a_code(demo: Demo, visitor: BrowserContext) -> None:  # S1, B7
    onno = demo.customer("Onno Ohnekode")
    assert onno["code"] is None
    desk = desk_of(visitor, "Anna Petersen")
    phone = Phone(visitor.new_page(), onno).call()
    phone.keys(onno["puks"][0], until_heard=ASKS)  # no hash: a pause ends the entry, as longer secrets count too
    expect(phone.page.locator("#lines")).to_contain_text(LEGITIMATED)
    phone.is_answered_by("Anna Petersen")
    expect(my_call(desk)).to_contain_text("PUK")
    my_call(desk).get_by_role("button", name="Öffnen").click()
    expect(desk.get_by_text("Onno Ohnekode")).to_be_visible()
    phone.hang_up()


def test_a_call_code_from_the_app_legitimates_once(demo: Demo, visitor: BrowserContext) -> None:  # B6
    """The code is fetched while the hotline listens, which does not end the call."""
    maren = demo.customer("Maren Muster")
    phone = Phone(visitor.new_page(), maren).call()
    phone.page.get_by_role("button", name="Anruf-Code holen").click()
    shown = phone.page.locator("#call-code").get_by_role("status")
    expect(shown).to_have_text(re.compile("^[0-9]{6}$"))
    phone.keys(f"{shown.inner_text()}#", until_heard=ASKS)
    expect(phone.page.locator("#lines")).to_contain_text(LEGITIMATED)
    phone.hang_up()


def test_anonymous_landline_caller_is_asked_for_the_number(demo: Demo, visitor: BrowserContext) -> None:  # D1, E3
    kaethe = demo.customer("Käthe Kühn")
    assert kaethe["puks"] == []
    phone = Phone(visitor.new_page(), kaethe)
    phone.page.get_by_label("keine Nummer (unterdrückt)").check()
    phone.call()
    phone.keys(kaethe["customer_number"] + "#", until_heard="Gib zuerst deine Rufnummer oder Kundennummer ein")
    phone.keys(kaethe["code"] + "#", until_heard=ASKS)
    expect(phone.page.locator("#lines")).to_contain_text(LEGITIMATED)
    phone.hang_up()


def test_first_agent_answers_by_herself_and_her_desk_is_one_button_away(demo: Demo, visitor: BrowserContext) -> None:
    paul = demo.customer("Paul Prepaid")
    phone = Phone(visitor.new_page(), paul).call()
    phone.keys(paul["code"] + "#", until_heard=ASKS)
    expect(phone.page.locator("#state")).to_have_text("Im Gespräch: Anna Petersen")
    with visitor.expect_page() as opened:
        phone.page.get_by_role("button", name="Arbeitsplatz öffnen").click()
    expect(my_call(opened.value)).to_contain_text(LEGITIMATED)
    phone.hang_up()  # signing in elsewhere has not cut the phone off
    expect(my_call(opened.value)).to_have_count(0)


def test_call_ends_when_its_browser_is_closed(demo: Demo, visitor: BrowserContext) -> None:
    desk = desk_of(visitor, "Anna Petersen")
    phone = Phone(visitor.new_page(), demo.customer("Paul Prepaid")).call()
    phone.hears(ASKS)
    phone.page.keyboard.type("0#")
    phone.is_answered_by("Anna Petersen")
    expect(my_call(desk)).to_have_count(1)
    phone.page.close()
    expect(my_call(desk)).to_have_count(0)


def test_keyboard_is_a_keypad_too(demo: Demo, visitor: BrowserContext) -> None:
    phone = Phone(visitor.new_page(), demo.customer("Elif Esim")).call()
    phone.hears(ASKS)
    phone.page.keyboard.type("0#")
    phone.hears("Ohne Legitimation sind nur allgemeine Auskünfte möglich.")
    phone.hang_up()


def test_agents_can_sign_in_by_hand_with_password_and_second_step(demo: Demo, visitor: BrowserContext) -> None:  # A10
    page = visitor.new_page()
    page.goto("/")
    page.get_by_text("Von Hand am Arbeitsplatz anmelden").click()
    login = page.get_by_role("row", name="Ben Yıldız").get_by_role("cell")
    username, password, key = (login.nth(n).inner_text() for n in range(3))
    page.goto("/desk/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("[name=code]").fill(totp(key))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Anrufe")).to_be_visible()
    expect(page.get_by_text("Ben Yıldız")).to_be_visible()


def totp(key: str) -> str:
    """The six digits an authenticator app shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(key), counter, "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def test_number_that_is_none_is_told(visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto("/phone")
    page.locator("[name=other]").fill("keine Nummer")
    page.get_by_role("button", name="Anrufen").click()
    expect(page.locator("#state")).to_have_text("Das ist keine Rufnummer")


def test_no_secret_is_in_an_address_a_transcript_or_the_log(demo: Demo, visitor: BrowserContext) -> None:  # B9, D2
    elif_esim = demo.customer("Elif Esim")
    addresses: list[str] = []
    page = visitor.new_page()
    page.on("request", lambda request: addresses.append(request.url))
    phone = Phone(page, elif_esim).call()
    phone.keys(elif_esim["puks"][0], until_heard=ASKS)
    expect(page.locator("#lines")).to_contain_text(LEGITIMATED)
    phone.hang_up()
    assert any("/key" in address for address in addresses)
    for secret in (*elif_esim["puks"], elif_esim["code"]):
        assert not [address for address in addresses if secret in address]
        assert secret not in page.locator(".transcript").inner_text()
    for secret in elif_esim["puks"]:  # a code's four digits can be part of a time in the log
        assert secret not in demo.log


def test_everything_is_said_in_english_too(visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto("/phone")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Dial")).to_be_visible()
    expect(page.get_by_text("Whose phone is it?")).to_be_visible()


def test_pages_fit_a_small_telephone(visitor: BrowserContext, shot: Shot) -> None:
    page = visitor.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for address, name in (("/", "welcome-390"), ("/phone", "phone-390")):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, name)
