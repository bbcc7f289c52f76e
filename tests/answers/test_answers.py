"""Every answer of every process is hardened: pages, files, APIs, problems, pages of errors (B9, OWASP Secure Headers).

The addresses come from the URL configurations and the routes themselves; each is asked of a real process.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.answers import addresses
from tests.answers.answer import Browser, check
from tests.database import Cluster, TestDatabase
from tests.gates import Gate, free_port, running_gate
from tests.intake.intake_process import Intake, running_intake
from tests.pages.hotline import PASSWORD, totp_code
from tests.people import Town
from tests.portals import PASSWORD as PORTAL_PASSWORD
from tests.portals import Portal, running_portal
from tests.signups import SignUp, running_signup, sell_tariffs
from werda.api.edge import OPEN
from werda.core.secret import Secret
from werda.gate import api as gate_api
from werda.intake import api as intake_api
from werda.store.roles import CONNECTIONS, Role
from werda.usecases.create_agent import create_agent

ODD = ["/no-such-page", "/desk/../etc/passwd", "/static/look/no-such.css", "/static/../../etc/passwd", "/%00", "//x"]
FILES = ["/static/look/tokens.css", "/static/look/icons.svg"]
METHODS = ["GET", "POST"]
OF_THE_BRAND = {
    *("/offline", "/manifest.webmanifest", "/sw.js", "/brand.css", "/brand.svg"),
    *("/.well-known/oauth-authorization-server", "/api/v1/openapi.json"),
    *("/icon-192.png", "/icon-512.png", "/icon-maskable-512.png"),
}
"""The same for everybody, so browsers may keep them."""


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[Town]:
    with cluster.copy("answers") as copied:
        town = Town(copied)
        sell_tariffs(copied)
        yield town


@pytest.fixture(scope="module")
def database(town: Town) -> TestDatabase:
    return town.database


@pytest.fixture(scope="module")
def portal(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_portal(town, tmp_path_factory.mktemp("portal") / "portal.log") as running:
        yield running


@contextmanager
def running_desk(database: TestDatabase, log: Path, *, https: bool) -> Iterator[str]:
    """`werda serve --only pages`; gives its address."""
    port = free_port()
    environment = {**database.environment, "WERDA_PAGES_PORT": str(port), "WERDA_HTTPS": "1" if https else ""}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "pages"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            try:
                if httpx.get(f"{url}/static/look/icons.svg", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def desk(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The desk as behind the operator's https proxy."""
    with running_desk(database, tmp_path_factory.mktemp("desk") / "desk.log", https=True) as url:
        yield url


@pytest.fixture(scope="module")
def signup(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignUp]:
    with running_signup(database, tmp_path_factory.mktemp("signup") / "signup.log") as running:
        yield running


@pytest.fixture(scope="module")
def gate(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with running_gate(database, tmp_path_factory.mktemp("gate") / "gate.log") as running:
        yield running


@pytest.fixture(scope="module")
def intake(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    with running_intake(database, tmp_path_factory.mktemp("intake") / "intake.log") as running:
        yield running


@pytest.fixture(scope="module")
def agent(database: TestDatabase, desk: str) -> Browser:
    """Somebody who signed in with both steps, the second one set up on the page."""
    with database.connect() as owner:
        create_agent(
            owner, username="jana", password=Secret(PASSWORD), name="Jana Petersen", brands=[], now=datetime.now(UTC)
        )
    browser = Browser(desk, https=True)
    browser.ask("GET", "/desk/sign-in/")
    answer = browser.ask("POST", "/desk/sign-in/", login="jana", password=PASSWORD)
    assert answer.status_code == 302, answer.text
    page = browser.ask("GET", "/desk/sign-in/second-step/set-up").text
    key = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert key is not None
    done = browser.ask("POST", "/desk/sign-in/second-step/set-up", code=totp_code(key[1]))
    assert done.headers["location"] == "/desk/sign-in/recovery-codes"
    assert "__Host-werda_device" in browser.kept
    return browser


def test_every_page_of_the_desk_is_hardened_for_strangers_and_for_agents(desk: str, agent: Browser) -> None:
    found = addresses.of_pages("werda_desk")
    assert len(found) > 15
    for browser in (Browser(desk, https=True), agent):
        seen = set()
        for address in [*found, *ODD]:
            for method in METHODS:
                if browser is agent and address.endswith("/out"):
                    continue
                answer = browser.ask(method, address)
                check(answer, data=not address.startswith("/static"), https=True)
                seen.add(answer.status_code)
                assert answer.status_code < 500, (method, address)
        assert {302, 404} <= seen
    assert agent.ask("GET", "/desk/").status_code == 200, "still signed in after all that"
    for file in FILES:
        check(agent.ask("GET", file), data=False, https=True)


def test_every_page_of_sign_up_is_hardened(signup: SignUp) -> None:
    found = addresses.of_pages("werda_signup")
    assert len(found) > 8
    browser = Browser(signup.url, https=False)
    browser.ask("GET", "/order")
    browser.ask("POST", "/order", tariff="nordfunk-m", go="on")
    seen = set()
    for address in [*found, *ODD, *FILES]:
        for method in METHODS:
            answer = browser.ask(method, address)
            check(answer, data=not address.startswith("/static"))
            seen.add(answer.status_code)
            assert answer.status_code < 500, (method, address)
    assert {200, 404} <= seen


def test_every_page_of_the_portal_is_hardened(portal: Portal) -> None:
    found = addresses.of_pages("werda_portal")
    assert len(found) > 15
    person = portal.town.person("4809", puks=("12345678",))
    portal.enrol(person)
    stranger, customer = Browser(portal.url, https=False), Browser(portal.url, https=False)
    customer.ask("GET", "/sign-in")
    assert customer.ask("POST", "/sign-in", name=person.number, password=PORTAL_PASSWORD).status_code == 302
    for browser in (stranger, customer):
        seen = set()
        for address in [*found, *ODD, *FILES]:
            # The first two may end the session, the last never ends.
            if address.startswith(("/sign-out", "/account/sessions/", "/calls/live")):
                continue
            for method in METHODS:
                answer = browser.ask(method, address)
                check(answer, data=not address.startswith("/static") and address not in OF_THE_BRAND)
                seen.add(answer.status_code)
                assert answer.status_code < 500, (method, address)
        assert {302, 404} <= seen
    assert customer.ask("GET", "/code-and-sim").status_code == 200, "still signed in after all that"


def test_a_form_without_our_mark_is_refused_by_a_hardened_page(desk: str, signup: SignUp, portal: Portal) -> None:
    for url, address in ((desk, "/desk/sign-in/"), (signup.url, "/order"), (portal.url, "/sign-in")):
        answer = httpx.post(url + address, headers={"X-Forwarded-Proto": "https"}, data={"a": "b"}, trust_env=False)
        assert answer.status_code == 403
        check(answer, data=True, https=url == desk)


def test_when_its_connections_are_taken_sign_up_asks_to_come_again(signup: SignUp, database: TestDatabase) -> None:
    """A flood of visitors: 503 on a hardened page, no error, and all is well as soon as it is over."""
    taken = [database.connect(Role.SIGNUP) for _ in range(CONNECTIONS[Role.SIGNUP])]
    try:
        answer = httpx.get(signup.url + "/order", trust_env=False)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        check(answer, data=True)
    finally:
        for connection in taken:
            connection.close()
    deadline = time.monotonic() + 30
    while httpx.get(signup.url + "/order", trust_env=False).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_another_method_is_refused_by_a_hardened_answer(desk: str, signup: SignUp) -> None:
    for url in (desk, signup.url):
        for method, address in (("PUT", "/order"), ("DELETE", "/desk/"), ("OPTIONS", "/static/look/icons.svg")):
            check(Browser(url, https=url == desk).ask(method, address), data=False, https=url == desk)


def test_a_wrong_host_name_is_told_nothing(desk: str) -> None:
    answer = httpx.get(desk + "/desk/", headers={"Host": "elsewhere.example"}, trust_env=False)
    assert answer.status_code == 400
    assert "elsewhere" not in answer.text
    check(answer, data=True, https=True)


def apis(gate: Gate, intake: Intake) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Address, key and routes of both APIs."""
    nothing = cast(Any, None)
    one = gate_api.create_app(gate_api.Api(nothing, nothing, cast(Any, _Keys), nothing), cast(Any, _Page))
    other = intake_api.create_app(intake_api.Api(cast(Any, _Keys), cast(Any, _Page), nothing, nothing, nothing))
    return [
        (gate.url, gate.key, [*addresses.of_app(one), ("POST", gate_api.HOT_ROUTE)]),
        (intake.url, intake.key, addresses.of_app(other)),
    ]


class _Keys:
    known = None


class _Page:
    page = one = None


def test_every_route_of_the_apis_is_hardened_with_and_without_a_key(gate: Gate, intake: Intake) -> None:
    for url, key, routes in apis(gate, intake):
        assert len(routes) > 6
        for headers in ({}, {"Authorization": f"Bearer {key}"}, {"Authorization": "Bearer wk_1_" + "x" * 43}):
            with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
                for method, path in [*routes, *(("GET", odd) for odd in ODD), ("TRACE", "/v1"), ("PUT", "/healthz")]:
                    answer = client.request(method, path, json={} if method in ("POST", "PUT") else None)
                    check(answer, data=True, machine=True)
                    if path not in OPEN and headers != {"Authorization": f"Bearer {key}"}:
                        assert answer.status_code == 401, (method, path)


def test_a_body_is_not_read_from_somebody_without_a_key(intake: Intake, gate: Gate) -> None:
    """Who sends is asked first: a stranger is told no before a byte of a large body has come."""
    import socket

    for port, path in ((intake.port, "/v1/brands/nordfunk/customers"), (gate.port, "/v1/redemptions")):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
            wire.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n".encode())
            assert wire.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_cookies_of_a_visit_are_those_that_are_known(agent: Browser, signup: SignUp) -> None:
    """A new cookie is a new thing to protect: it comes here with a reason."""
    assert set(agent.kept) <= {
        "__Host-werda_desk",  # the session
        "__Host-werda_csrf",
        "__Host-werda_device",  # gives the agent's own device tries of its own
        "django_language",
    }
    browser = Browser(signup.url, https=False)
    browser.ask("GET", "/order")
    assert set(browser.kept) <= {"werda_order", "werda_order_csrf", "werda_order_language"}


def test_the_desk_keeps_no_second_factor_and_no_session_in_the_clear(database: TestDatabase, agent: Browser) -> None:
    """B5, A10: whoever reads the database signs in as nobody."""
    kept = database.rows("select data::text from mfa_authenticator union all select session_data from django_session")
    assert len(kept) >= 3
    assert all("sealed:" in text for (text,) in kept)
    assert not any(re.search(r'"(?:secret|seed)": "(?!sealed:)', text) for (text,) in kept)
