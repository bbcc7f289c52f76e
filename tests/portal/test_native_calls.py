"""Calls by the operator's app, with the real gate: its answer and call code count as those of pages do (A3, B6)."""

from collections.abc import Iterator

import pytest

from tests.gates import Gate, running_gate
from tests.people import Town
from tests.portal.test_calls import Call, agent, gate
from tests.portal.test_code_and_sim import hotline_says, strongly
from tests.portal.test_native import CLIENTS, App, _plain_http, asks, problem, signed_in
from tests.portals import Portal, running_portal
from werda.usecases.create_api_key import Scope, create_api_key

__all__ = ["_plain_http", "agent", "gate", "running_gate"]


@pytest.fixture(scope="module")
def portal(town: Town, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("native")
    (folder / "apps.toml").write_text(CLIENTS)
    with town.database.connect() as owner:
        key = create_api_key(owner, name="portal", scopes={Scope.VERIFY, Scope.CONFIRM}, brands=[], asserts=False)
    file = town.database.home / "keys" / "portal-api-key"
    before = file.read_text()
    file.write_text(key.reveal())
    with running_portal(
        town,
        folder / "portal.log",
        WERDA_GATE_SOCKET=str(gate.log.with_suffix(".sock")),
        WERDA_APP_CLIENTS_FILE=str(folder / "apps.toml"),
    ) as running:
        yield running
    file.write_text(before)


def test_a_yes_from_a_strong_app_lifts_the_call_once(portal: Portal, town: Town, gate: Gate, agent: int) -> None:  # A3
    person = town.person("4809")
    portal.enrol(person)
    app = App(portal, scope="status")
    app.fetches(app.is_allowed(strongly(portal, person)))
    call = Call(town, gate, agent, person, "4809")
    call.asks()
    status = asks(app, "GET", "/api/v1/call-status").json()
    assert status["with_you"]["agent"] == "Jana"
    address = f"/api/v1/confirmations/{status['question']['id']}"
    assert problem(asks(app, "POST", address, json={"answer": "maybe"}), 400) == "malformed"
    assert asks(app, "POST", address, json={"answer": "yes"}).json() == {"answered": "yes"}
    assert (call.reply, call.level) == ("yes", 2)
    assert problem(asks(app, "POST", address, json={"answer": "yes"}), 404) == "not-found"
    call.ends()


def test_a_no_is_heard_and_an_app_of_a_password_alone_is_not_strong(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # A3
    person = town.person("4809")
    app = signed_in(portal, person)
    for answer, level in (("yes", 1), ("no", 0)):
        call = Call(town, gate, agent, person, "4809")
        call.asks()
        question = asks(app, "GET", "/api/v1/call-status").json()["question"]
        address = f"/api/v1/confirmations/{question['id']}"
        assert asks(app, "POST", address, json={"answer": answer}).json() == {"answered": answer}
        assert call.reply == answer
        if level:
            assert call.level == level
        call.ends()


def test_a_call_code_of_the_app_counts_once(portal: Portal, town: Town, gate: Gate) -> None:  # B6
    person = town.person("4809")
    app = signed_in(portal, person, scope="status")
    given = asks(app, "POST", "/api/v1/call-codes").json()
    assert not given["strong"]
    assert hotline_says(gate, person, given["code"], "app-1") == "verified"
    assert hotline_says(gate, person, given["code"], "app-2") != "verified"
    asks(app, "POST", "/api/v1/locks/hotline")
    assert problem(asks(app, "POST", "/api/v1/call-codes"), 409) == "hotline-closed"
