"""Signing in to the portal: by name and password, with a second step, once more before what matters, and out again."""

import re

from tests.people import Town
from tests.portals import PASSWORD, Portal, totp_now


def test_somebody_signs_in_with_customer_number_or_email_and_password(portal: Portal, town: Town) -> None:  # S7
    person = town.person()
    portal.enrol(person)
    [(email,)] = town.database.rows("select email from customer where id = %s", person.id)
    for name in (person.number, person.number.lower(), email, email.upper()):
        browser = portal.browser()
        arrived = browser.signs_in(name)
        assert (arrived.status_code, arrived.headers.get("Location")) == (302, "/"), arrived.text
        assert "Hallo Maren" in browser.page("/")


def test_the_customer_code_signs_nobody_in(portal: Portal, town: Town) -> None:  # S7
    person = town.person("4711")
    portal.enrol(person)
    assert portal.browser().signs_in(person.number, person.code).status_code == 422


def test_unknown_name_wrong_password_and_no_password_are_answered_alike(portal: Portal, town: Town) -> None:  # C7
    person, without = town.person(), town.person()
    portal.enrol(person)
    answers = [
        re.sub(r'value="[^"]*"', "", portal.browser().signs_in(name, "Falsch-geraten-11").text)
        for name in (person.number, without.number, "nobody@example.org")
    ]
    assert len(set(answers)) == 1
    assert "Name oder Passwort" in answers[0]


def test_with_an_authenticator_app_its_code_must_follow(portal: Portal, town: Town) -> None:  # A3
    person = town.person()
    portal.enrol(person, totp=True)
    browser = portal.browser()
    arrived = browser.signs_in(person.number)
    assert arrived.headers["Location"].startswith("/sign-in/code")
    assert browser.get("/").headers["Location"].startswith("/sign-in?")  # not in yet
    assert browser.sends("/sign-in/code", code="000000").status_code == 422
    assert browser.sends("/sign-in/code", code=totp_now(town.database, person)).headers["Location"] == "/"
    rows = town.database.rows(
        "select method, strong_since is not null from portal_session where customer_id = %s", person.id
    )
    assert rows == [("totp", True)]


def test_a_code_of_the_authenticator_app_counts_once(portal: Portal, town: Town) -> None:
    person = town.person()
    portal.enrol(person, totp=True)
    code = totp_now(town.database, person)
    results = []
    for _ in range(2):
        browser = portal.browser()
        browser.signs_in(person.number)
        results.append(browser.sends("/sign-in/code", code=code).status_code)
    assert results == [302, 422]


def test_guessing_a_password_ends_after_five_tries_from_wherever(portal: Portal, town: Town) -> None:
    person = town.person()
    portal.enrol(person)
    statuses = [portal.browser().signs_in(person.number, f"Falsch-geraten-{n}").status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]
    assert portal.browser().signs_in(person.number, PASSWORD).status_code == 429


def test_the_session_has_a_new_secret_each_time(portal: Portal, town: Town) -> None:
    """Session fixation: what was planted in the browser before is worth nothing afterwards."""
    person = town.person()
    portal.enrol(person)
    browser = portal.browser()
    browser.client.cookies.set("werda_portal", "planted", domain="127.0.0.1", path="/")
    browser.signs_in(person.number)
    secrets = {cookie.value for cookie in browser.client.cookies.jar if cookie.name == "werda_portal"}
    assert "planted" not in secrets or len(secrets) == 2
    planted = portal.browser()
    planted.client.cookies.set("werda_portal", "planted", domain="127.0.0.1", path="/")
    assert planted.get("/").status_code == 302


def test_a_form_without_our_mark_is_refused(portal: Portal, town: Town) -> None:
    """Cross-site request forgery."""
    person = town.person()
    browser = portal.signed_in(person)
    assert browser.client.post("/sign-out", data={}).status_code == 403
    assert "Hallo" in browser.page("/")


def test_signing_out_ends_the_session_on_the_server(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.signed_in(person)
    kept = dict(browser.client.cookies)
    assert browser.sends("/sign-out", form_on="/").status_code == 302
    thief = portal.browser()
    thief.client.cookies.update(kept)
    assert thief.get("/").status_code == 302


def test_a_link_leads_on_only_within_the_portal(portal: Portal, town: Town) -> None:
    person = town.person()
    portal.enrol(person)
    for wanted in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        answer = portal.browser().sends("/sign-in", name=person.number, password=PASSWORD, next=wanted)
        assert answer.headers["Location"] == "/"


def test_no_page_may_be_stored(portal: Portal, town: Town) -> None:
    browser = portal.signed_in(town.person())
    for address in ("/", "/sign-in/again"):
        assert browser.get(address).headers["Cache-Control"] == "no-store, private"


def test_signing_in_leaves_an_event_and_no_secret(portal: Portal, town: Town) -> None:  # B9
    person = town.person()
    portal.signed_in(person)
    [(kind, actor)] = town.database.rows(
        "select kind, actor from event where customer_id = %s and kind like 'session:%%'", person.id
    )
    assert kind == "session:opened"
    assert actor.startswith(f"customer:{person.id}/0:session:")
    assert PASSWORD not in portal.log.read_text()
