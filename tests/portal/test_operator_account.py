"""Signing in with the operator's own account (OpenID Connect), at a real provider on this machine."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import httpx
import pytest
from playwright.sync_api import expect

from tests.gates import free_port
from tests.people import Person, Town
from tests.portal.chromium import chromium
from tests.portals import PASSWORD, Browser, Portal, running_portal, totp_now

CLIENT = "werda-portal"


@dataclass
class Accounts:
    """The operator's provider, with an account for whoever is given one."""

    url: str

    def has(self, account: str, **claims: object) -> str:
        """An account with these claims in its tokens."""
        httpx.put(f"{self.url}/users/{account}", json=claims, trust_env=False).raise_for_status()
        return account

    def of(self, person: Person, **claims: object) -> str:
        """The account of a customer."""
        return self.has(f"account-{person.number}", customer_number=person.number, **claims)

    def lets_in(self, address: str, account: str) -> str:
        """Sign in there, as at its form; gives where the browser is sent next."""
        answer = httpx.post(address, data={"sub": account}, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@pytest.fixture(scope="module")
def accounts() -> Iterator[Accounts]:
    port = free_port()
    provider = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-n", "true"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    served = Accounts(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{served.url}/jwks", trust_env=False).raise_for_status()
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the provider did not get ready"
            time.sleep(0.1)
    yield served
    provider.terminate()
    provider.wait(20)


@pytest.fixture(scope="module")
def portal(town: Town, accounts: Accounts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One whose customers may come with an account."""
    folder = tmp_path_factory.mktemp("portal")
    secret = folder / "oidc-secret"
    secret.write_text("shared-with-the-provider\n")
    settings = {
        "WERDA_OIDC_ISSUER": accounts.url,
        "WERDA_OIDC_CLIENT_ID": CLIENT,
        "WERDA_OIDC_BRAND": "nordfunk",
        "WERDA_OIDC_SECRET_FILE": str(secret),
    }
    with running_portal(town, folder / "portal.log", **settings) as running:
        yield running


def asks(browser: Browser, back: str = "/") -> str:
    """Where the portal sends a browser that wants to sign in with the account."""
    answer = browser.get(f"/sign-in/operator?next={back}")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def comes_back(browser: Browser, address: str) -> httpx.Response:
    """The browser follows where the provider sent it."""
    parts = urlparse(address)
    return browser.get(f"{parts.path}?{parts.query}")


def signs_in(browser: Browser, accounts: Accounts, account: str, back: str = "/") -> httpx.Response:
    return comes_back(browser, accounts.lets_in(asks(browser, back), account))


def sessions(portal: Portal, person: Person) -> list[tuple[object, ...]]:
    return portal.database.rows(
        "select method, strong_since from portal_session where customer_id = %s order by id", person.id
    )


# Signing in -----------------------------------------------------------------------------------------------------------


def test_a_customer_signs_in_with_the_account_at_the_operator(portal: Portal, accounts: Accounts, town: Town) -> None:
    person = town.person("5101")
    portal.enrol(person)
    browser = portal.browser()
    assert "Mit deinem Konto bei Nordfunk anmelden" in browser.page("/sign-in")
    answer = signs_in(browser, accounts, accounts.of(person), "/history")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/history")
    assert "Hallo" in browser.page("/")
    assert sessions(portal, person) == [("operator", None)]  # A3: it is not strong


def test_who_comes_for_the_first_time_gets_a_login_and_is_told(portal: Portal, accounts: Accounts, town: Town) -> None:
    """C8"""
    person = town.person("5102")
    browser = portal.browser()
    assert signs_in(browser, accounts, accounts.of(person)).status_code == 302
    assert portal.database.rows("select password from customer_login where customer_id = %s", person.id) == [("",)]
    assert portal.database.rows("select kind from notice where customer_id = %s", person.id) == [("login_enrolled",)]
    assert portal.database.rows(
        "select detail ->> 'by' from event where customer_id = %s and kind = 'login:enrolled'", person.id
    ) == [("operator",)]


def test_an_authenticator_app_is_asked_for_beside_the_account(portal: Portal, accounts: Accounts, town: Town) -> None:
    """A3: also with its code the session is not strong, since what the provider asked for is not known."""
    person = town.person("5103")
    portal.enrol(person, totp=True)
    browser = portal.browser()
    answer = signs_in(browser, accounts, accounts.of(person), "/history")
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert sessions(portal, person) == []
    answer = browser.sends(answer.headers["Location"], code=totp_now(portal.database, person))
    assert answer.status_code == 302, answer.text
    assert sessions(portal, person) == [("operator", None)]


def test_where_no_provider_is_named_there_is_no_such_way(town: Town, tmp_path: Path) -> None:
    with running_portal(town, tmp_path / "portal.log") as plain:
        browser = plain.browser()
        assert "Konto bei" not in browser.page("/sign-in")
        assert browser.get("/sign-in/operator").status_code == 404
        assert browser.get("/sign-in/operator/back?code=a&state=b").status_code == 404


# Refused --------------------------------------------------------------------------------------------------------------


def refused(answer: httpx.Response) -> bool:
    return str(answer.headers.get("Location")) == "/sign-in/operator/refused"


def test_an_account_without_a_contract_is_refused_in_the_words_of_every_refusal(
    portal: Portal, accounts: Accounts
) -> None:
    """C7"""
    for account in (accounts.has("nobody", customer_number="999999999"), accounts.has("numberless")):
        browser = portal.browser()
        assert refused(signs_in(browser, accounts, account))
        assert "konnten wir dich nicht anmelden" in browser.page("/sign-in/operator/refused", 403)


def test_an_ended_contract_is_refused(portal: Portal, accounts: Accounts, town: Town) -> None:
    person = town.person("5104")
    with town.database.connect() as owner:
        owner.execute("update customer set ended_at = now() where id = %s", (person.id,))
    assert refused(signs_in(portal.browser(), accounts, accounts.of(person)))


def test_an_answer_counts_in_the_browser_that_asked_and_once(portal: Portal, accounts: Accounts, town: Town) -> None:
    """Nobody is signed in by a link that somebody else began (RFC 9700, 4.7)."""
    person = town.person("5105")
    portal.enrol(person)
    mine, others = portal.browser(), portal.browser()
    asks(others)
    answer = accounts.lets_in(asks(mine), accounts.of(person))
    assert refused(comes_back(others, answer))
    assert comes_back(mine, answer).status_code == 302
    assert refused(comes_back(mine, answer))
    assert len(sessions(portal, person)) == 1


def test_another_state_another_issuer_and_no_code_are_refused(portal: Portal, accounts: Accounts, town: Town) -> None:
    person = town.person("5106")
    account = accounts.of(person)
    changes: list[Callable[[str], str]] = [
        lambda address: re.sub(r"state=[^&]+", "state=another", address),
        lambda address: f"{address}&iss=https%3A%2F%2Fevil.example",  # RFC 9207
        lambda address: re.sub(r"code=[^&]+", "error=access_denied", address),
        lambda address: re.sub(r"code=[^&]+", "code=made-up", address),
    ]
    for change in changes:
        browser = portal.browser()
        assert refused(comes_back(browser, change(accounts.lets_in(asks(browser), account))))
    assert sessions(portal, person) == []


def test_a_code_of_another_request_does_not_fit(portal: Portal, accounts: Accounts, town: Town) -> None:
    """PKCE and nonce: a stolen code put into one's own answer is worth nothing."""
    person = town.person("5107")
    thief = portal.browser()
    stolen = accounts.lets_in(asks(portal.browser()), accounts.of(person))
    own = accounts.lets_in(asks(thief), accounts.has("thief"))
    [code] = parse_qs(urlparse(stolen).query)["code"]
    assert refused(comes_back(thief, re.sub(r"code=[^&]+", f"code={code}", own)))
    assert sessions(portal, person) == []


def test_a_provider_that_is_away_is_said_and_lets_nobody_in(town: Town, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("shared")
    settings = {
        "WERDA_OIDC_ISSUER": f"http://127.0.0.1:{free_port()}",
        "WERDA_OIDC_CLIENT_ID": CLIENT,
        "WERDA_OIDC_BRAND": "nordfunk",
        "WERDA_OIDC_SECRET_FILE": str(secret),
    }
    with running_portal(town, tmp_path / "portal.log", **settings) as portal:
        assert "antwortet gerade nicht" in portal.browser().page("/sign-in/operator")


def test_what_the_provider_sends_is_in_no_log(portal: Portal, accounts: Accounts, town: Town) -> None:
    """B9"""
    person = town.person("5108")
    browser = portal.browser()
    back = accounts.lets_in(asks(browser), accounts.of(person))
    assert comes_back(browser, back).status_code == 302
    [code] = parse_qs(urlparse(back).query)["code"]
    assert refused(comes_back(browser, back))
    log = portal.log.read_text()
    assert "no step waits in this browser" in log
    for secret in (code, "shared-with-the-provider"):
        assert secret not in log


# Once more ------------------------------------------------------------------------------------------------------------


def stale(portal: Portal, person: Person) -> None:
    with portal.database.connect() as owner:
        owner.execute(
            "update portal_session set fresh_at = now() - interval '1 hour' where customer_id = %s", (person.id,)
        )


def test_who_is_signed_in_proves_it_again_with_the_account(portal: Portal, accounts: Accounts, town: Town) -> None:
    """S11: the provider must have asked them anew."""
    person = town.person("5109")
    browser = portal.browser()
    signs_in(browser, accounts, accounts.of(person))
    stale(portal, person)
    assert "Mit deinem Konto bei Nordfunk weiter" in browser.page("/my-data")
    long_ago = int(time.time()) - 3600
    assert refused(signs_in(browser, accounts, accounts.of(person, auth_time=long_ago)))
    address = asks(browser, "/my-data")
    assert {"prompt=login", "max_age=0"} <= set(urlparse(address).query.split("&"))
    account = accounts.of(person, auth_time=int(time.time()))
    answer = comes_back(browser, accounts.lets_in(address, account))
    assert answer.headers["Location"] == "/my-data"
    assert len(sessions(portal, person)) == 1


def test_who_was_signed_in_there_long_ago_has_proved_nothing_now(
    portal: Portal, accounts: Accounts, town: Town
) -> None:
    """S11: the provider's session alone opens no page that needs a fresh proof."""
    person = town.person("5113")
    browser = portal.browser()
    signs_in(browser, accounts, accounts.of(person, auth_time=int(time.time()) - 86_400))
    assert browser.get("/my-data").headers["Location"].startswith("/sign-in/again")
    assert "Hallo" in browser.page("/")


def test_another_account_does_not_make_a_session_fresh(portal: Portal, accounts: Accounts, town: Town) -> None:
    person, other = town.person("5110"), town.person("5111")
    browser = portal.browser()
    signs_in(browser, accounts, accounts.of(person))
    stale(portal, person)
    assert refused(signs_in(browser, accounts, accounts.of(other, auth_time=int(time.time()))))
    assert sessions(portal, other) == []


# In a browser ---------------------------------------------------------------------------------------------------------


def test_the_whole_way_in_a_browser(portal: Portal, accounts: Accounts, town: Town) -> None:
    person = town.person("5112")
    portal.enrol(person, password=PASSWORD)
    account = accounts.of(person)
    with chromium() as opened:
        context = opened.new_context(base_url=portal.url, viewport={"width": 390, "height": 844}, locale="de-DE")
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_role("link", name="Mit deinem Konto bei Nordfunk anmelden").click()
        page.locator("input[name=sub]").fill(account)
        page.locator("input[name=sub]").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Hallo")
        page.goto("/account")
        expect(page.get_by_text(re.compile("Konto"))).not_to_have_count(0)
        context.close()


# One session in a browser ---------------------------------------------------------------------------------------------


def living(portal: Portal, person: Person) -> int:
    [(count,)] = portal.database.rows(
        "select count(*) from portal_session where customer_id = %s and ended_at is null", person.id
    )
    return int(count)


def test_proving_it_again_with_an_authenticator_app_makes_the_same_session_fresh(
    portal: Portal, accounts: Accounts, town: Town
) -> None:  # S11
    person = town.person("5114")
    portal.enrol(person, totp=True)
    browser = portal.browser()
    browser.signs_in(person.number)
    browser.sends("/sign-in/code", code=totp_now(portal.database, person))
    [before] = sessions(portal, person)
    stale(portal, person)
    with town.database.connect() as owner:
        owner.execute("update customer_login set totp_step = 0 where customer_id = %s", (person.id,))
    account = accounts.of(person, auth_time=int(time.time()))
    asked = comes_back(browser, accounts.lets_in(asks(browser, "/my-data"), account)).headers["Location"]
    assert asked.startswith("/sign-in/code")
    answer = browser.sends(asked, code=totp_now(portal.database, person))
    assert answer.headers["Location"] == "/my-data"
    assert sessions(portal, person) == [before]  # as strong as it was, and the only one
    assert browser.get("/my-data").status_code == 200


def test_somebody_elses_account_gets_no_login_by_proving_it_again(
    portal: Portal, accounts: Accounts, town: Town
) -> None:
    person, other = town.person("5115"), town.person("5116")
    browser = portal.browser()
    signs_in(browser, accounts, accounts.of(person))
    stale(portal, person)
    assert refused(signs_in(browser, accounts, accounts.of(other, auth_time=int(time.time()))))
    assert portal.database.rows("select count(*) from customer_login where customer_id = %s", other.id) == [(0,)]
    assert portal.database.rows("select count(*) from notice where customer_id = %s", other.id) == [(0,)]


def test_a_customer_of_another_brand_is_nobody_here(portal: Portal, accounts: Accounts, town: Town) -> None:
    person = town.person("5117")
    with town.database.connect() as owner:
        owner.execute("update customer set brand_id = brand_id + 1000 where id = %s", (person.id,))
    assert refused(signs_in(portal.browser(), accounts, accounts.of(person)))
    assert sessions(portal, person) == []


def test_asking_again_and_again_leaves_few_steps(portal: Portal) -> None:
    browser = portal.browser()
    answers = [browser.get("/sign-in/operator").status_code for _ in range(35)]
    assert (answers.count(302), answers.count(429)) == (30, 5)


def test_who_signs_in_where_somebody_is_signed_in_ends_that_session(
    portal: Portal, accounts: Accounts, town: Town
) -> None:
    """Its cookie is gone; without this it would live on, and nobody could see it."""
    first, second, third = town.person("5118"), town.person("5119"), town.person("5120")
    browser = portal.browser()
    signs_in(browser, accounts, accounts.of(first))
    assert living(portal, first) == 1
    portal.enrol(second, totp=True)
    portal.enrol(third)
    browser.client.post(
        "/sign-in", data={"csrfmiddlewaretoken": browser.token("/account"), "name": second.number, "password": PASSWORD}
    )
    assert living(portal, first) == 1  # not before the second step is done
    browser.sends("/sign-in/code", code=totp_now(portal.database, second))
    assert (living(portal, first), living(portal, second)) == (0, 1)
    browser.client.post(
        "/sign-in", data={"csrfmiddlewaretoken": browser.token("/account"), "name": third.number, "password": PASSWORD}
    )
    assert (living(portal, second), living(portal, third)) == (0, 1)
    assert "Hallo" in browser.page("/")
