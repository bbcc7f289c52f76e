"""Agents sign in with a password and an authenticator app; nothing of the desk is open to anybody else (A10)."""

import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.pages.hotline import PASSWORD, Desk, totp_code

OPEN = {"/desk/sign-in/", "/desk/sign-in/out", "/desk/sign-in/inactive", "/desk/language"}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> list[str]:
    """Every address there is, with call 1 where one is named."""
    found: list[str] = []
    for pattern in patterns:
        here = before + str(pattern.pattern).replace("<int:call_id>", "1")
        found += addresses(pattern.url_patterns, here) if isinstance(pattern, URLResolver) else [here]
    return found


def test_every_address_of_the_desk_needs_somebody_signed_in(desk: Desk) -> None:
    """A10. Generated: a page that is added later is tested too."""
    found = addresses(get_resolver("werda.desk.urls").url_patterns)
    assert len(found) > 15
    for address in set(found) - OPEN:
        for method in ("get", "post"):
            response = getattr(Client(), method)(address)
            assert response.status_code == 302, address
            assert response.headers["Location"].startswith("/desk/sign-in/"), address


def test_the_password_alone_opens_nothing(desk: Desk) -> None:
    agent = desk.agent()
    stranger = Client()
    answer = stranger.post("/desk/sign-in/", {"login": agent.username, "password": PASSWORD})
    assert answer.headers["Location"] == "/desk/sign-in/second-step"
    assert stranger.get("/desk/").headers["Location"].startswith("/desk/sign-in/")
    wrong = stranger.post("/desk/sign-in/second-step", {"code": "000000"})
    assert wrong.status_code == 200
    assert stranger.get("/desk/").status_code == 302


def test_whoever_has_no_second_step_sets_one_up_before_anything_else(desk: Desk) -> None:
    agent = desk.newcomer("ole")
    agent.browser.post("/desk/sign-in/", {"login": "ole", "password": PASSWORD})
    for address in ("/desk/", "/desk/calls", "/desk/calls/1/"):
        assert agent.browser.get(address).headers["Location"] == "/desk/sign-in/second-step/set-up"
    page = agent.browser.get("/desk/sign-in/second-step/set-up")
    assert b"<svg" in page.content
    secret = page.context["form"].secret
    done = agent.browser.post("/desk/sign-in/second-step/set-up", {"code": totp_code(secret)})
    assert done.headers["Location"] == "/desk/sign-in/recovery-codes"
    codes = agent.page("/desk/sign-in/recovery-codes")
    assert codes.count("<code>") == 10
    assert Authenticator.objects.filter(user_id=agent.id).count() == 2
    assert "Keine wartenden Anrufe" in agent.page("/desk/")


def test_a_wrong_password_and_an_unknown_name_read_the_same(desk: Desk) -> None:
    """C7 for agents: who exists stays unsaid; what was typed as a password is not sent back."""
    desk.newcomer("ole")
    pages = [
        Client().post("/desk/sign-in/", {"login": login, "password": "wrong-as-can-be"}).content.decode()
        for login in ("ole", "nobody")
    ]
    errors = [page.partition('role="alert"')[2].partition("</p>")[0] for page in pages]
    assert errors[0] == errors[1] != ""
    assert all("wrong-as-can-be" not in page for page in pages)


def test_guessing_a_password_is_slowed_down(desk: Desk) -> None:
    desk.newcomer("ole")
    browser = Client()
    for _ in range(5):
        browser.post("/desk/sign-in/", {"login": "ole", "password": "wrong"})
    answer = browser.post("/desk/sign-in/", {"login": "ole", "password": PASSWORD})
    assert answer.status_code == 200, "the right password must not get in now"
    assert browser.get("/desk/").status_code == 302


def test_signing_out_closes_the_desk(desk: Desk) -> None:
    agent = desk.agent()
    agent.sends("/desk/sign-in/out")
    assert agent.browser.get("/desk/").status_code == 302


def test_a_form_from_elsewhere_changes_nothing(desk: Desk) -> None:
    agent = desk.agent()
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.cookies = agent.browser.cookies
    assert elsewhere.post("/desk/sign-in/out").status_code == 403
    assert agent.browser.get("/desk/").status_code == 200


@pytest.mark.parametrize("address", ["/desk/sign-in/", "/desk/", "/desk/no-such-page"])
def test_a_page_runs_nothing_but_what_this_host_ships_and_is_kept_by_no_cache(desk: Desk, address: str) -> None:
    response = desk.agent().browser.get(address)
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"
    if response.status_code == 200:
        assert "no-store" in response.headers["Cache-Control"]


def test_the_session_belongs_to_this_host_and_to_no_script(desk: Desk) -> None:
    cookie = desk.agent().browser.cookies["werda_desk"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


def test_with_https_cookies_are_bound_to_the_host_and_never_travel_in_the_clear(desk: Desk) -> None:
    program = (
        "import django; django.setup();"
        "from django.conf import settings as s; from werda.desk.access import GRANT_COOKIE as g;"
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_SECURE, g)"
    )
    environment = {
        **desk.town.database.environment,
        "WERDA_HTTPS": "1",
        "DJANGO_SETTINGS_MODULE": "werda.server.django_settings",
    }
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert told.split() == ["__Host-werda_desk", "True", "__Host-werda_csrf", "True", "__Secure-werda_grant"]


def test_pages_speak_german_until_somebody_chooses_english(desk: Desk) -> None:
    browser = Client(headers={"Accept-Language": "en-US"})
    assert 'lang="de"' in browser.get("/desk/sign-in/").content.decode()
    browser.post("/desk/language", {"language": "en", "next": "/desk/sign-in/"})
    page = browser.get("/desk/sign-in/").content.decode()
    assert 'lang="en"' in page
    assert "Sign in to the desk" in page


def test_an_agents_own_language_counts_until_they_choose_another(desk: Desk) -> None:
    agent = desk.agent()
    with desk.town.database.connect() as owner:
        owner.execute("update agent set language = 'en'")
    assert "No calls are waiting" in agent.page("/desk/")
    agent.browser.post("/desk/language", {"language": "de", "next": "/desk/"})
    assert "Keine wartenden Anrufe" in agent.page("/desk/")


# Limits --------------------------------------------------------------------------------------------------------------


def fails(browser: Client, login: str, times: int) -> str:
    """Wrong passwords; gives the last page's complaint."""
    page = ""
    for _ in range(times):
        page = browser.post("/desk/sign-in/", {"login": login, "password": "wrong"}).content.decode()
    return page.partition('role="alert"')[2].partition("</p>")[0]


def test_strangers_who_fail_on_purpose_lock_no_agent_out_of_their_own_device(desk: Desk) -> None:
    """A10: a device with a history has tries of its own."""
    agent = desk.agent()
    agent.sends("/desk/sign-in/out")
    fails(Client(), agent.username, 8)
    stranger = Client().post("/desk/sign-in/", {"login": agent.username, "password": PASSWORD})
    assert stranger.status_code == 200, "strangers are locked out, the right password or not"
    own = agent.browser.post("/desk/sign-in/", {"login": agent.username, "password": PASSWORD})
    assert own.headers["Location"] == "/desk/sign-in/second-step"


def test_a_devices_cookie_gives_tries_on_its_own_login_only(desk: Desk) -> None:
    agent = desk.agent()
    desk.newcomer("ole")
    thief = Client()
    thief.cookies["werda_device"] = agent.browser.cookies["werda_device"].value
    fails(Client(), "ole", 5)
    assert thief.post("/desk/sign-in/", {"login": "ole", "password": PASSWORD}).status_code == 200
    forged = Client()
    forged.cookies["werda_device"] = f"ole|abc:{agent.browser.cookies['werda_device'].value.partition(':')[2]}"
    assert forged.post("/desk/sign-in/", {"login": "ole", "password": PASSWORD}).status_code == 200


def test_a_name_that_nobody_has_is_limited_in_the_same_words(desk: Desk) -> None:
    """C7 for agents"""
    desk.newcomer("ole")
    assert fails(Client(), "ole", 6) == fails(Client(), "nobody", 6) != ""


def test_spelling_a_name_otherwise_gives_no_more_tries(desk: Desk) -> None:
    desk.newcomer("ole")
    fails(Client(), "OLE", 3)
    fails(Client(), "oLe", 2)
    assert Client().post("/desk/sign-in/", {"login": "ole", "password": PASSWORD}).status_code == 200


def test_codes_of_the_second_step_are_limited_and_each_opens_once(desk: Desk) -> None:
    agent = desk.agent()
    thief = Client()
    thief.post("/desk/sign-in/", {"login": agent.username, "password": PASSWORD})
    for _ in range(5):
        thief.post("/desk/sign-in/second-step", {"code": "000000"})
    assert thief.post("/desk/sign-in/second-step", {"code": totp_code(agent.totp)}).status_code == 200
    assert thief.get("/desk/").status_code == 302


def test_one_address_fails_on_so_many_names_and_no_more(desk: Desk) -> None:
    desk.newcomer("ole")
    with desk.town.database.connect() as owner:  # as if thirty had failed: each one is an expensive hash
        owner.execute("select within_limit('desk: address', '127.0.0.1', 30, 60) from generate_series(1, 30)")
    assert Client().post("/desk/sign-in/", {"login": "ole", "password": PASSWORD}).status_code == 200


def test_right_ones_do_not_count(desk: Desk) -> None:
    desk.newcomer("ole")
    for _ in range(7):
        answer = Client().post("/desk/sign-in/", {"login": "ole", "password": PASSWORD})
        assert answer.status_code == 302


def test_an_authenticators_key_that_somebody_wrote_into_the_database_proves_nobody(desk: Desk) -> None:
    """B5: who may write to the database signs in as nobody."""
    agent = desk.agent()
    known = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    with desk.town.database.connect() as owner:
        owner.execute("update mfa_authenticator set data = jsonb_build_object('secret', %s::text)", (known,))
    thief = Client(raise_request_exception=False)
    thief.post("/desk/sign-in/", {"login": agent.username, "password": PASSWORD})
    assert thief.post("/desk/sign-in/second-step", {"code": totp_code(known)}).status_code == 500
    assert thief.get("/desk/").status_code == 302
