"""A replacement SIM ordered, seen waiting and stopped in the portal; dangerous things locked (A3, A6, E5)."""

import hashlib
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Shot, shot
from tests.people import Person, Town
from tests.portal.chromium import chromium
from tests.portal.foreign import waiting_order
from tests.portal.test_code_and_sim import strongly
from tests.portals import Portal

__all__ = ["shot"]

PUK = "73519264"


def replace_page(person: Person) -> str:
    return f"/code-and-sim/sims/{person.sims[0].id}/replace"


def orders_of(town: Town, person: Person) -> list[tuple[object, ...]]:
    return town.database.rows(
        "select kind, state, detail ->> 'new_kind', release_at - ordered_at from operator_order"
        " where customer_id = %s order by id",
        person.id,
    )


def test_with_full_strength_it_is_ordered_and_waits_a_day(portal: Portal, town: Town) -> None:
    person = town.person("4809", puks=(PUK,))
    browser = portal.signed_in(person, totp=True)
    page = browser.page(replace_page(person))
    assert "nach 24 Stunden" in page
    answer = browser.sends(replace_page(person), kind="esim", key="6f1c0f9e-3b52-4a57-9f2e-7b0a0a3c3f11")
    assert answer.headers["Location"] == "/code-and-sim"
    assert orders_of(town, person) == [("replace_sim", "waiting", "esim", timedelta(days=1))]
    for shown in ("/code-and-sim", "/"):
        assert "Das wartet und lässt sich stoppen" in browser.page(shown)
    assert town.database.rows("select kind from notice where customer_id = %s and order_id is not null", person.id) == [
        ("sim_replacement_requested",)
    ]
    assert "Ersatz-SIM" in browser.page("/history")
    assert town.database.rows("select count(*) from outbox_message where stream = %s", f"customer:{person.id}") == [
        (0,)
    ]


def test_a_double_tap_orders_once(portal: Portal, town: Town) -> None:
    person = town.person("4809", puks=(PUK,))
    browser = portal.signed_in(person, totp=True)
    for _ in range(2):
        browser.sends(replace_page(person), kind="physical", key="6f1c0f9e-3b52-4a57-9f2e-7b0a0a3c3f12")
    assert len(orders_of(town, person)) == 1


def test_a_password_alone_orders_nothing_and_is_told_what_does(portal: Portal, town: Town) -> None:  # A3
    person = town.person("4809", puks=(PUK,))
    browser = portal.signed_in(person)
    assert "Passkey" in browser.page(replace_page(person))
    token = browser.token("/code-and-sim/operations")
    answer = browser.client.post(replace_page(person), data={"csrfmiddlewaretoken": token, "kind": "esim"})
    assert answer.status_code == 403
    assert orders_of(town, person) == []


def test_what_waits_is_stopped_with_one_factor(portal: Portal, town: Town) -> None:  # E5
    person = town.person("4809", puks=(PUK,))
    order = waiting_order(portal, person)
    browser = portal.signed_in(person)
    page = browser.sends(f"/orders/{order}/stop", form_on="/code-and-sim").text
    assert "Ersatz-SIM: Das wird nicht ausgeführt." in page
    assert [row[1] for row in orders_of(town, person)] == ["cancelled"]
    again = browser.sends(f"/orders/{order}/stop", form_on="/code-and-sim")
    assert again.status_code == 404
    assert "Hier ist nichts zu stoppen" in again.text
    assert browser.client.get(f"/orders/{order}/stop").status_code == 405
    assert "Storniert" in browser.page("/history")


def test_what_is_locked_is_done_for_nobody_until_full_strength_opens_it(portal: Portal, town: Town) -> None:
    person = town.person("4809", puks=(PUK,))
    weak = portal.signed_in(person)
    assert weak.sends("/code-and-sim/operations", operation="replace_sim", go="lock").status_code == 302
    assert weak.sends("/code-and-sim/operations", operation="replace_sim", go="unlock").status_code == 403
    strong = strongly(portal, person)
    refused = strong.sends(replace_page(person), kind="physical")
    assert refused.status_code == 403
    assert "Das hast du gesperrt" in refused.text
    assert strong.sends("/code-and-sim/operations", operation="replace_sim", go="unlock").status_code == 302
    assert strong.sends(replace_page(person), kind="physical").status_code == 302
    assert len(orders_of(town, person)) == 1


@pytest.mark.parametrize("operation", ["explain_bill", "nothing", ""])
def test_what_cannot_be_locked_is_not_found(portal: Portal, town: Town, operation: str) -> None:
    browser = portal.signed_in(town.person())
    assert browser.sends("/code-and-sim/operations", operation=operation, go="lock").status_code == 404


def test_the_link_of_the_mail_asks_once_more_and_then_stops_it(portal: Portal, town: Town, shot: Shot) -> None:
    """Nothing happens by opening it, as programs that look at mails do."""
    person = town.person("4809", puks=(PUK,))
    order = waiting_order(portal, person)
    with town.database.connect() as owner:
        owner.execute(
            "update operator_order set cancel_hash = %s where public_id = %s",
            (hashlib.sha256(b"what-the-link-carries").digest(), order),
        )
    with chromium() as browser:
        page = browser.new_context(
            base_url=portal.url, locale="de-DE", viewport={"width": 390, "height": 844}
        ).new_page()
        page.goto("/stop#what-the-link-carries")
        expect(page.get_by_label("Link aus der Mail")).to_be_hidden()
        assert "what-the-link-carries" not in page.url
        assert [row[1] for row in orders_of(town, person)] == ["waiting"]
        shot(page, "stop-390")
        page.get_by_role("button", name="Stoppen").click()
        expect(page.get_by_role("status")).to_contain_text("Das wird nicht ausgeführt")
        shot(page, "stopped-390")
    assert [row[1] for row in orders_of(town, person)] == ["cancelled"]
    assert "what-the-link-carries" not in portal.log.read_text()  # B9


def test_without_a_script_the_link_is_pasted(portal: Portal, town: Town) -> None:
    person = town.person("4809", puks=(PUK,))
    order = waiting_order(portal, person)
    with town.database.connect() as owner:
        owner.execute(
            "update operator_order set cancel_hash = %s where public_id = %s",
            (hashlib.sha256(b"pasted").digest(), order),
        )
    browser = portal.browser()
    answer = browser.sends("/stop", token=f"{portal.url}/stop#pasted")
    assert answer.status_code == 200
    wrong = browser.sends("/stop", token="pasted")
    assert wrong.status_code == 422
    assert "stoppt nichts mehr" in wrong.text
    assert not re.search(r'value="pasted"', wrong.text)


def test_it_is_clear_on_a_phone_and_on_a_desk(portal: Portal, town: Town, shot: Shot) -> None:
    person = town.person("4809", puks=(PUK,))
    waiting_order(portal, person)
    signed_in = portal.signed_in(person, totp=True)
    with chromium() as browser:
        for width, height in ((390, 844), (1280, 900)):
            context = browser.new_context(
                base_url=portal.url, locale="de-DE", viewport={"width": width, "height": height}
            )
            context.add_cookies(
                [{"name": name, "value": value, "url": portal.url} for name, value in signed_in.client.cookies.items()]
            )
            page = context.new_page()
            for name, address in (
                *(("waiting", "/code-and-sim"), ("replace", replace_page(person))),
                ("operations", "/code-and-sim/operations"),
            ):
                page.goto(address)
                expect(page.get_by_role("heading").first).to_be_visible()
                shot(page, f"{name}-{width}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            context.close()
