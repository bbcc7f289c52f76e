"""The real portal: a process of its own on a test's database, and browsers that sign in to it."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import httpx

from tests.database import TestDatabase
from tests.gates import free_port
from tests.people import Person, Town
from werda.core.secret import Secret
from werda.store.roles import Role

PASSWORD = "Muscheln-am-Deich-7"
TOTP_KEY = "3132333435363738393031323334353637383930"  # that of RFC 6238


@dataclass
class Portal:
    """A running portal of one town's brand."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    town: Town
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> TestDatabase:
        return self.town.database

    def browser(self) -> "Browser":
        """A browser that nobody is signed in with."""
        self.clients.append(httpx.Client(base_url=self.url, trust_env=False, follow_redirects=False))
        return Browser(self, self.clients[-1])

    def enrol(self, person: Person, *, totp: bool = False, password: str = PASSWORD) -> int:
        """Open the portal for somebody, long ago; gives the login's id."""
        login = enrol(self.database, person, password=password)
        if totp:
            give_totp(self.database, login)
        return login

    def signed_in(self, person: Person, *, totp: bool = False) -> "Browser":
        """A browser somebody is signed in with, freshly; with `totp`, strongly."""
        self.enrol(person, totp=totp)
        browser = self.browser()
        arrived = browser.signs_in(person.number)
        if totp:
            arrived = browser.sends(arrived.headers["Location"], code=totp_now(browser.portal.database, person))
        assert arrived.status_code == 302, arrived.text
        return browser


@dataclass
class Browser:
    """A browser without JavaScript: cookies, forms and their tokens."""

    portal: Portal
    client: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> httpx.Response:
        """Ask for a page; redirects are not followed."""
        return self.client.get(path, headers=self.headers)

    def page(self, path: str, status: int = 200) -> str:
        """A page as text, after following where it leads."""
        answer = self.client.get(path, headers=self.headers, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return answer.text

    def sends(self, path: str, form_on: str | None = None, **fields: str) -> httpx.Response:
        """Send a form with the token of the page it stands on (`form_on`, else the same address)."""
        return self.client.post(
            path, data={"csrfmiddlewaretoken": self.token(form_on or path), **fields}, headers=self.headers
        )

    def token(self, path: str) -> str:
        """The form token of a page."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page(path))
        assert found is not None, "no form on this page"
        return found[1]

    def signs_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Name and password, as typed."""
        return self.sends("/sign-in", name=name, password=password)


def enrol(database: TestDatabase, person: Person, *, password: str = PASSWORD) -> int:
    """A login, made long ago."""
    django.setup()
    from werda.usecases.enrol_login import enrol_login

    with database.connect(Role.CUSTODY) as custody:
        email = custody.execute("select email from customer where id = %s", (person.id,)).fetchone()
        assert email is not None
        return enrol_login(custody, person.id, name=email[0], password=Secret(password), actor="test", now=_long_ago())


def give_totp(database: TestDatabase, login: int, since: datetime | None = None) -> None:
    """An authenticator app with the key of RFC 6238, enrolled long ago."""
    from werda.keys.custody import Kind

    custody = database.custody
    with database.connect(Role.CUSTODY) as connection:
        connection.execute(
            "update customer_login set totp = %s, totp_key_id = %s, totp_since = %s where id = %s",
            (custody.seal(Kind.LOGIN_TOTP, login, 0, Secret(TOTP_KEY)), custody.key_id, since or _long_ago(), login),
        )


def totp_now(database: TestDatabase, person: Person) -> str:
    """What the authenticator app shows; the next code, if the one of now was used."""
    from werda.usecases.check_login import TOTP_SECONDS, totp_of

    [(used,)] = database.rows("select totp_step from customer_login where customer_id = %s", person.id)
    step = max(int(time.time()) // TOTP_SECONDS, used + 1)
    return totp_of(bytes.fromhex(TOTP_KEY)).generate(step * TOTP_SECONDS).decode()


def _long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=60)


@contextmanager
def running_portal(town: Town, log: Path, **settings: str) -> Iterator[Portal]:
    """Start `werda serve --only portal`, with these settings, and wait until it answers."""
    port = free_port()
    environment = {**town.database.environment, "WERDA_PORTAL_PORT": str(port), "WERDA_LOG_LEVEL": "DEBUG", **settings}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with log.open("ab") as output:
        command = [sys.executable, "-m", "werda", "serve", "--only", "portal"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    portal = Portal(process, port, log, town)
    try:
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, "the portal did not get ready: " + log.read_text()[-2000:]
            try:
                if httpx.get(f"{portal.url}/sign-in", trust_env=False).status_code < 500:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        yield portal
    finally:
        for client in portal.clients:
            client.close()
        process.terminate()
        process.wait(20)
