"""People at the desk and calls that reach them, for tests of the pages."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.http import HttpResponse
from django.test import Client

from tests.gates import Gate
from tests.people import NOT_ASSERTING, Person, Town
from werda.core.secret import Secret
from werda.usecases.create_agent import create_agent

PASSWORD = "Deichgraf-Fernglas-7"


def totp_code(secret: str) -> str:
    """What the authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@dataclass
class Agent:
    """Somebody with a login and an authenticator app."""

    id: int
    username: str
    totp: str
    browser: Client

    def page(self, path: str, status: int = 200) -> str:
        """A page as text."""
        response = self.browser.get(path)
        assert response.status_code == status, response.headers.get("Location")
        return response.content.decode()

    def sends(self, path: str, **fields: str) -> HttpResponse:
        """Send a form and follow where it leads."""
        return self.browser.post(path, fields, follow=True)  # type: ignore[return-value]


class Desk:
    """Agents of one town's hotline."""

    def __init__(self, town: Town, key_file: Path) -> None:
        self.town = town
        self.key_file = key_file

    def newcomer(self, username: str, brands: list[int] | None = None) -> Agent:
        """Somebody who has a password and nothing else yet."""
        with self.town.database.connect() as owner:
            agent_id = create_agent(
                owner,
                username=username,
                password=Secret(PASSWORD),
                name=f"{username.capitalize()} Petersen",
                brands=[self.town.brand] if brands is None else brands,
                now=datetime.now(UTC),
            )
        return Agent(agent_id, username, "", Client())

    def agent(self, username: str = "jana", brands: list[int] | None = None) -> Agent:
        """Somebody who is signed in with both steps."""
        from allauth.mfa.totp.internal.auth import TOTP

        from werda.store.models.agent import Agent as Login

        agent = self.newcomer(username, brands)
        agent.totp = generate_totp_secret()
        TOTP.activate(Login.objects.get(id=agent.id), agent.totp)
        agent.browser.post("/desk/sign-in/", {"login": username, "password": PASSWORD})
        arrived = agent.browser.post("/desk/sign-in/second-step", {"code": totp_code(agent.totp)})
        assert arrived.headers["Location"] == "/desk/"
        return agent


class Hotline:
    """Calls that reach agents, through the real gate and its own SQL functions."""

    def __init__(self, desk: Desk, gate: Gate) -> None:
        self.desk = desk
        self.gate = gate
        self._refs = itertools.count(1)

    def unverified_call(self, answered_by: Agent | None, calling: str | None = "+4917604069142") -> int:
        """Somebody who proved nothing; gives the call's id."""
        with self.gate.database.connect() as switch:
            row = switch.execute(
                "select o_call from call_arrived(%s, %s, '+4930231250', %s, false, %s)",
                (self.desk.town.brand, f"sip-{next(self._refs)}", calling, NOT_ASSERTING),
            ).fetchone()
            assert row is not None
            switch.execute("select hand_over(%s, 900)", row)
            if answered_by is not None:
                answered = switch.execute("select call_answered(%s, 0, %s)", (*row, answered_by.username)).fetchone()
                assert answered == (True,)
        call: int = row[0]
        return call

    def verified_call(self, person: Person, answered_by: Agent | None, digits: str | None = None) -> int:
        """Somebody who keyed in their code, or `digits`; gives the call's id."""
        ref = f"api-{next(self._refs)}"
        with self.gate.client() as partner:
            body = {"brand": "nordfunk", "line": person.line, "digits": digits or person.code, "call_id": ref}
            answer = partner.post("/v1/verifications", json=body).json()
            assert answer["result"] == "verified"
            ((call, attempt),) = self.gate.database.rows("select id, attempt_id from call where ref = %s", ref)
            with self.gate.database.connect() as switch:
                switch.execute("select hand_over(%s, 900)", (call,))
            if answered_by is not None:
                report = {"token": answer["token"], "agent": answered_by.username}
                assert partner.post("/v1/calls/answered", json=report).status_code == 204, attempt
        return int(call)

    def opened(self, agent: Agent, call: int) -> str:
        """The call's page, after this agent opened it."""
        response = agent.browser.post(f"/desk/calls/{call}/open")
        assert response.headers["Location"] == f"/desk/calls/{call}/", agent.page("/desk/") + self.gate.log.read_text()
        return agent.page(f"/desk/calls/{call}/")
