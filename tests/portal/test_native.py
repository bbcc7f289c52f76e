"""The operator's own app, signed in by a real OAuth client, gets by JSON what the pages show, and no more (S8)."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]

from tests.booking import offered, one_booking
from tests.people import Person, Town
from tests.portal.foreign import asked, waiting_order
from tests.portals import Browser, Portal, enrol, running_portal
from werda.core.native_app import BadClients, read_clients

CLIENTS = """
[clients.nordfunk-app]
name = "Nordfunk"
redirect_uris = ["org.nordfunk.app:/signed-in", "http://127.0.0.1/signed-in"]

[clients.other-app]
name = "Other"
redirect_uris = ["https://other.example/signed-in"]

[clients.elsewhere]
name = "Another brand's"
redirect_uris = ["https://elsewhere.example/signed-in"]
brands = ["suedfunk"]

[clients.both]
name = "Both"
redirect_uris = ["https://both.example/signed-in"]
brands = ["suedfunk", "nordfunk"]
"""
HOME = "org.nordfunk.app:/signed-in"
ANY = {
    "sim_id": 1, "confirmation_id": 1, "attempt_id": 1, "line_id": 1, "slug": "music", "public_id": uuid4(),
}  # fmt: skip
"""Something for each part of an address."""


@pytest.fixture(scope="module")
def portal(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("native")
    clients = folder / "apps.toml"
    clients.write_text(CLIENTS)
    with running_portal(town, folder / "portal.log", WERDA_APP_CLIENTS_FILE=str(clients)) as running:
        yield running


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@dataclass
class App:
    """An app on somebody's telephone."""

    portal: Portal
    scope: str = "status secrets"
    redirect_uri: str = HOME
    client_id: str = "nordfunk-app"

    def __post_init__(self) -> None:
        self.verifier = secrets.token_urlsafe(48)
        self.client = OAuth2Client(
            self.client_id, scope=self.scope, redirect_uri=self.redirect_uri, token_endpoint_auth_method="none",
            code_challenge_method="S256", trust_env=False,
        )  # fmt: skip
        self.portal.clients.append(self.client)

    def wants_in(self) -> str:
        """The address it opens in a browser."""
        url, self.state = self.client.create_authorization_url(
            f"{self.portal.url}/oauth/authorize", code_verifier=self.verifier
        )
        return str(url).removeprefix(self.portal.url)

    def is_allowed(self, browser: Browser) -> str:
        """Somebody signed in allows it; gives where the browser is led."""
        answer = browser.sends(self.wants_in(), go="allow")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def fetches(self, arrived: str, verifier: str | None = None) -> dict[str, Any]:
        """Tokens for where the browser was led."""
        token = self.client.fetch_token(
            f"{self.portal.url}/oauth/token", authorization_response=arrived, state=self.state,
            code_verifier=verifier or self.verifier,
        )  # fmt: skip
        return dict(token)

    def sends(self, path: str, **form: str) -> httpx.Response:
        """A form by hand, as somebody does who is no honest client."""
        return httpx.post(f"{self.portal.url}{path}", data=form, trust_env=False)

    def renews(self, refresh: str, client_id: str = "nordfunk-app") -> httpx.Response:
        return self.sends("/oauth/token", grant_type="refresh_token", refresh_token=refresh, client_id=client_id)


def signed_in(portal: Portal, person: Person, scope: str = "status secrets") -> App:
    app = App(portal, scope)
    app.fetches(app.is_allowed(portal.signed_in(person)))
    return app


def asks(app: App, method: str, path: str, key: str = "", **body: Any) -> httpx.Response:
    token = app.client.token["access_token"]
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    return httpx.request(method, f"{app.portal.url}{path}", headers=headers, trust_env=False, **body)


def attempt_of(portal: Portal, person: Person) -> int:
    """An attempt of this person's."""
    with portal.database.connect() as connection:
        row = connection.execute(
            "insert into attempt (id, at, brand_id, customer_id, person_id, own_line, channel, method, outcome,"
            " failures, level, call_id, tries, calling_number, trunk, api_key_id, salt)"
            " select 9::bigint << 40 | %s, now(), %s, %s, 0, false, 1, 1, 1, 1, 0, 0, 1, '', '', 0, gen_random_uuid()"
            " returning id",
            (person.id, portal.town.brand, person.id),
        ).fetchone()
    assert row is not None
    return int(row[0])


def owner(portal: Portal, statement: str, person: Person) -> None:
    with portal.database.connect() as connection:
        connection.execute(statement, (person.id,))


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.json()["type"]).removeprefix("urn:werda:problem:")


def code_in(arrived: str) -> str:
    return parse_qs(urlsplit(arrived).query)["code"][0]


# Signing in -----------------------------------------------------------------------------------------------------------


def test_an_app_is_let_in_by_the_portals_own_sign_in_and_one_page(portal: Portal, town: Town) -> None:  # S8
    person = town.person("4809")
    enrol(town.database, person)
    app, browser = App(portal), portal.browser()
    first = browser.get(app.wants_in())
    assert first.status_code == 302
    assert first.headers["Location"].startswith("/sign-in?")
    arrived = browser.sends(first.headers["Location"], name=person.number, password="Muscheln-am-Deich-7")
    consent = browser.get(arrived.headers["Location"])
    assert "Nordfunk" in consent.text
    assert "Kundenkennzahl" in consent.text
    assert "form-action 'self' org.nordfunk.app:;" in consent.headers["Content-Security-Policy"] + ";"
    led = browser.sends(arrived.headers["Location"], go="allow").headers["Location"]
    answer = parse_qs(urlsplit(led).query)
    assert led.startswith(HOME)
    assert answer["state"] == [app.state]
    assert answer["iss"] == [portal.url]  # RFC 9207
    told = app.fetches(led)
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 900, "secrets status")
    assert asks(app, "POST", "/api/v1/code/reveal").json() == {"code": "4809"}
    kept = portal.database.rows("select to_jsonb(s)::text from portal_session s where customer_id = %s", person.id)
    assert told["access_token"] not in str(kept)
    assert told["refresh_token"].partition(".")[2] not in str(kept)


def test_who_says_no_tells_the_app_nothing_but_that(portal: Portal, town: Town) -> None:
    app = App(portal, redirect_uri="http://127.0.0.1:49152/signed-in")  # any port of this device (RFC 8252)
    led = portal.signed_in(town.person("2580")).sends(app.wants_in(), go="deny").headers["Location"]
    assert led.startswith("http://127.0.0.1:49152/signed-in?error=access_denied&")
    assert "code=" not in led


@pytest.mark.parametrize("changed", [{"redirect_uri": HOME + "/"}, {"client_id": "nobody"}, {"redirect_uri": "x:/y"}])
def test_an_unknown_app_or_address_leads_nowhere(portal: Portal, town: Town, changed: dict[str, str]) -> None:
    answer = portal.signed_in(town.person("1597")).get(App(portal, **changed).wants_in())
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("without", "error"),
    [
        ("code_challenge_method=S256", "invalid_request"),
        ("response_type=code", "unsupported_response_type"),
        ("scope=status+secrets", "invalid_scope"),
    ],
)
def test_what_is_missing_is_told_to_the_app(portal: Portal, town: Town, without: str, error: str) -> None:
    led = portal.signed_in(town.person("1597")).get(App(portal).wants_in().replace(without, "a=b"))
    assert parse_qs(urlsplit(led.headers["Location"]).query)["error"] == [error]


def test_a_code_is_for_one_app_one_address_one_verifier_and_one_minute(portal: Portal, town: Town) -> None:
    browser = portal.signed_in(town.person("3690"))

    def refused(**changed: str) -> None:
        app = App(portal)
        good = {
            "grant_type": "authorization_code", "code": code_in(app.is_allowed(browser)), "redirect_uri": HOME,
            "client_id": "nordfunk-app", "code_verifier": app.verifier,
        }  # fmt: skip
        if not changed:
            with portal.database.connect() as connection:
                connection.execute(
                    "update sign_in_step set state = jsonb_set(state, '{until}', to_jsonb(now())) where what = 'app'"
                )
        answer = app.sends("/oauth/token", **{**good, **changed})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
        assert app.sends("/oauth/token", **good).json() == {"error": "invalid_grant"}  # that try used it up

    refused()
    refused(code_verifier=secrets.token_urlsafe(48))
    refused(redirect_uri="http://127.0.0.1/signed-in")
    refused(client_id="other-app")


def test_a_code_that_comes_twice_ends_what_it_opened(portal: Portal, town: Town) -> None:
    app = App(portal)
    led = app.is_allowed(portal.signed_in(town.person("7410")))
    app.fetches(led)
    assert asks(app, "GET", "/api/v1/locks").status_code == 200
    again = app.sends(
        "/oauth/token", grant_type="authorization_code", code=code_in(led), redirect_uri=HOME,
        client_id="nordfunk-app", code_verifier=app.verifier,
    )  # fmt: skip
    assert again.json() == {"error": "invalid_grant"}
    assert problem(asks(app, "GET", "/api/v1/locks"), 401) == "no-token"


def test_a_code_of_a_session_that_was_signed_out_opens_nothing(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    app = App(portal)
    code = code_in(app.is_allowed(browser))
    assert browser.sends("/sign-out", form_on="/").status_code == 302
    form = {"grant_type": "authorization_code", "redirect_uri": HOME, "client_id": "nordfunk-app"}
    answer = app.sends("/oauth/token", **form, code=code, code_verifier=app.verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    places = portal.database.rows("select place from portal_session where customer_id = %s", person.id)
    assert places == [("portal",)]


def test_refresh_tokens_rotate_and_an_old_one_ends_the_session(portal: Portal, town: Town) -> None:
    person = town.person("8520")
    app = signed_in(portal, person)
    old = dict(app.client.token)
    assert app.renews(old["refresh_token"], "other-app").json() == {"error": "invalid_grant"}
    new = app.renews(old["refresh_token"]).json()
    assert problem(asks(app, "GET", "/api/v1/locks"), 401) == "no-token"  # the old access token
    app.client.token = new
    assert asks(app, "GET", "/api/v1/locks").status_code == 200
    assert app.renews(old["refresh_token"]).json() == {"error": "invalid_grant"}
    assert problem(asks(app, "GET", "/api/v1/locks"), 401) == "no-token"
    assert app.renews(new["refresh_token"]).json() == {"error": "invalid_grant"}
    ended = portal.database.rows("select kind from event where customer_id = %s order by id desc limit 1", person.id)
    assert ended == [("session:ended",)]


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_revoked_app_is_out(portal: Portal, town: Town, which: str) -> None:
    app = signed_in(portal, town.person("9630"))
    assert app.sends("/oauth/revoke", token=app.client.token[which], client_id="other-app").status_code == 200
    assert asks(app, "GET", "/api/v1/locks").status_code == 200  # it was not that app's
    assert app.sends("/oauth/revoke", token=app.client.token[which], client_id="nordfunk-app").status_code == 200
    assert problem(asks(app, "GET", "/api/v1/locks"), 401) == "no-token"
    assert app.renews(app.client.token["refresh_token"]).json() == {"error": "invalid_grant"}


def test_an_access_token_is_over_after_a_quarter_of_an_hour(portal: Portal, town: Town) -> None:
    person = town.person("6420")
    app = signed_in(portal, person)
    owner(portal, "update portal_session set access_expires_at = now() where client <> '' and customer_id = %s", person)
    answer = asks(app, "GET", "/api/v1/locks")
    assert problem(answer, 401) == "no-token"
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'  # RFC 6750
    assert app.renews(app.client.token["refresh_token"]).status_code == 200


def test_signing_out_everywhere_ends_the_app_too(portal: Portal, town: Town) -> None:
    person = town.person("1470")
    app, browser = App(portal), portal.signed_in(person)
    app.fetches(app.is_allowed(browser))
    assert "Nordfunk" in browser.page("/account")
    assert browser.sends("/account/sessions", form_on="/account").status_code == 302
    assert problem(asks(app, "GET", "/api/v1/locks"), 401) == "no-token"


def test_no_token_opens_a_page_and_no_cookie_the_api(portal: Portal, town: Town) -> None:
    person = town.person("1357")
    app, browser = App(portal), portal.signed_in(person)
    app.fetches(app.is_allowed(browser))
    assert problem(browser.get("/api/v1/locks"), 401) == "no-token"
    family = app.client.token["refresh_token"].partition(".")[0]
    for token in (app.client.token["access_token"], app.client.token["refresh_token"], family):
        thief = portal.browser()
        thief.client.cookies.set("werda_portal", token, domain="127.0.0.1")
        assert thief.get("/code-and-sim").status_code == 302
        assert problem(httpx.get(f"{portal.url}/api/v1/locks", trust_env=False,
                                 headers={"Authorization": f"Bearer {family}"}), 401) == "no-token"  # fmt: skip


# What it may ask ------------------------------------------------------------------------------------------------------


def document(portal: Portal) -> dict[str, Any]:
    return dict(httpx.get(f"{portal.url}/api/v1/openapi.json", trust_env=False).json())


def operations(portal: Portal) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method.upper(), said) for path, of in document(portal)["paths"].items() for method, said in of.items()
    ]


def test_the_document_names_every_address_and_each_one_is_there(portal: Portal) -> None:
    from tests.portal.test_access import PAGES

    named = {path.lstrip("/") for path, _, _ in operations(portal)}
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)
        for name, address, _, _ in PAGES
        if address.startswith("api/") and name != "native:openapi"
    }
    assert named == routes
    for path, method, _ in operations(portal):
        address = portal.url + path.format(**ANY)
        answer = httpx.request(method, address, trust_env=False)
        assert problem(answer, 401) == "no-token"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Access-Control-Allow-Origin" not in answer.headers
        other = httpx.request("PUT", address, trust_env=False)
        assert problem(other, 405) == "method"
        assert other.headers["Allow"] == method


def test_somebody_elses_things_are_not_found(portal: Portal, town: Town) -> None:  # A4
    me, other = town.person("4711", puks=("12345678",)), town.person("0815", puks=("87654321",))
    app = signed_in(portal, me, "status secrets options")
    foreign = {
        "sim_id": other.sims[0].id, "confirmation_id": asked(portal, other), "line_id": other.line_id,
        "slug": offered(portal), "attempt_id": attempt_of(portal, other),
    }  # fmt: skip
    public = {"orders": waiting_order(portal, other), "bookings": one_booking(portal, other)}
    named = [(path, method, said) for path, method, said in operations(portal) if "{" in path]
    assert {
        parameter["name"] for _, _, said in named for parameter in said["parameters"] if parameter["in"] == "path"
    } == {*foreign, "public_id"}
    for path, method, said in named:
        sent: dict[str, Any] = {"json": {"answer": "yes"}} if "requestBody" in said else {}
        address = path.format(**foreign, public_id=public.get(path.split("/")[3]))
        assert problem(asks(app, method, address, key="1", **sent), 404) == "not-found", path


def test_each_operation_needs_its_scope(portal: Portal, town: Town) -> None:
    app = signed_in(portal, town.person("4712"), scope="status")
    for path, method, said in operations(portal):
        [scope] = said["security"][0]["oauth"]
        if scope != "status":
            answer = asks(app, method, path.format(**ANY))
            assert problem(answer, 403) == "insufficient-scope"
            assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]


def test_secrets_need_fresh_proof_and_showing_them_leaves_an_event(portal: Portal, town: Town) -> None:  # S11
    person = town.person("4713", puks=("24681357",))
    app = signed_in(portal, person)
    [line] = asks(app, "GET", "/api/v1/sims").json()["lines"]
    [sim] = line["sims"]
    assert asks(app, "POST", f"/api/v1/sims/{sim['id']}/reveal").json()["puk"] == "24681357"
    shown = "select detail from event where customer_id = %s and kind = 'secret:shown'"
    assert [(row["what"], row["place"]) for (row,) in portal.database.rows(shown, person.id)] == [("sim", "app")]
    owner(portal, "update portal_session set fresh_at = now() - interval '6 minutes' where customer_id = %s", person)
    for path in ("/api/v1/code/reveal", f"/api/v1/sims/{sim['id']}/reveal", "/api/v1/code/change"):
        answer = asks(app, "POST", path)
        assert problem(answer, 403) == "fresh-proof-needed"
        assert answer.json()["prompt"] == "login"
    assert len(portal.database.rows(shown, person.id)) == 1
    app.client.token = app.renews(app.client.token["refresh_token"]).json()
    assert problem(asks(app, "POST", "/api/v1/code/reveal"), 403) == "fresh-proof-needed"  # renewing proves nothing


def test_allowing_an_app_makes_nothing_fresher_than_it_was(portal: Portal, town: Town) -> None:
    person = town.person("4714")
    app, browser = App(portal), portal.signed_in(person)
    owner(portal, "update portal_session set fresh_at = now() - interval '4 minutes' where customer_id = %s", person)
    app.fetches(app.is_allowed(browser))
    [(old,)] = portal.database.rows(
        "select fresh_at < now() - interval '3 minutes' from portal_session where client <> '' and customer_id = %s",
        person.id,
    )
    assert old
    owner(portal, "update portal_session set fresh_at = now() - interval '6 minutes' where customer_id = %s", person)
    assert browser.get(App(portal).wants_in()).headers["Location"].startswith("/sign-in/again?")


def test_a_code_is_changed_and_a_weak_one_refused(portal: Portal, town: Town) -> None:  # B2, B8
    app = signed_in(portal, town.person("4715"))
    answer = asks(app, "POST", "/api/v1/code/change", json={"code": "1234"})
    assert problem(answer, 422) == "code-refused"
    assert answer.json()["reason"] == "popular"
    assert problem(asks(app, "POST", "/api/v1/code/change", json={"code": 7305}), 400) == "malformed"
    assert asks(app, "POST", "/api/v1/code/change", json={"code": "7305"}).json() == {"changed": True}
    assert asks(app, "POST", "/api/v1/code/reveal").json() == {"code": "7305"}


def test_locks_are_set_by_the_app_and_hold_for_it(portal: Portal, town: Town) -> None:  # E5
    app = signed_in(portal, town.person("4716"))
    assert asks(app, "POST", "/api/v1/locks/display").json() == {"locked": True}
    assert problem(asks(app, "POST", "/api/v1/code/reveal"), 403) == "display-locked"
    assert asks(app, "POST", "/api/v1/locks/hotline").json() == {"closed": True}
    standing = asks(app, "GET", "/api/v1/locks").json()
    assert standing["display_locked"]
    assert standing["hotline_closed_at"]


def test_status_and_history(portal: Portal, town: Town) -> None:  # D4, D5
    app = signed_in(portal, town.person("4717"))
    assert asks(app, "GET", "/api/v1/call-status").json() == {
        "with_you": None, "calling_you": None, "from_your_line": False, "waiting": False, "question": None,
    }  # fmt: skip
    rows = asks(app, "GET", "/api/v1/history").json()["rows"]
    assert "session:opened" in {row["kind"] for row in rows}


def test_nothing_secret_is_in_the_log(portal: Portal, town: Town) -> None:  # B9
    app = signed_in(portal, town.person("4718"))
    led = app.is_allowed(portal.signed_in(town.person("4719")))
    asks(app, "POST", "/api/v1/code/reveal")
    log = portal.log.read_text()
    assert log
    for secret in (app.client.token["access_token"], app.client.token["refresh_token"], app.verifier, code_in(led)):
        assert secret not in log
    answer = httpx.get(
        f"{portal.url}/api/v1/locks", params={"access_token": app.client.token["access_token"]}, trust_env=False
    )
    assert problem(answer, 401) == "no-token"  # never from an address


def test_apps_find_the_endpoints(portal: Portal) -> None:  # RFC 8414
    said = httpx.get(f"{portal.url}/.well-known/oauth-authorization-server", trust_env=False).json()
    assert said["issuer"] == portal.url
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint"] == f"{portal.url}/oauth/token"


@pytest.mark.parametrize("uri", ["http://example.org/x", "app:/x", "https://a.example/#x", "http://localhost/x", "/x"])
def test_redirect_uris_that_others_could_take_are_refused(uri: str) -> None:
    with pytest.raises(BadClients):
        read_clients(f'[clients.some-app]\nname = "Some"\nredirect_uris = ["{uri}"]')
