"""An agent reports the call of their grant as an incident, and no other (A7)."""

import pytest

from tests.pages.hotline import Agent, Hotline
from tests.people import Person

REASON = "Stimme passt nicht zum Alter"


@pytest.fixture
def jana(hotline: Hotline) -> Agent:
    return hotline.desk.agent("jana")


@pytest.fixture
def maren(hotline: Hotline) -> Person:
    return hotline.desk.town.person("0815")


@pytest.fixture(autouse=True)
def _no_incidents(hotline: Hotline) -> None:
    with hotline.gate.database.connect() as owner:
        owner.execute("truncate incident, incident_attempt, incident_call, incident_customer cascade")


def report(agent: Agent, call: int, reason: str = REASON) -> str:
    return agent.sends(f"/desk/calls/{call}/incident", **{"incident-reason": reason}).content.decode()


def reported(hotline: Hotline) -> list[tuple[object, ...]]:
    return hotline.gate.database.rows("select call_id, opened_by, reason from incident")


def test_an_agent_reports_their_own_call_once(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """A7: with its attempts and the customer; a second click changes nothing."""
    call = hotline.verified_call(maren, jana)
    assert "Als Vorfall melden" in hotline.opened(jana, call)
    assert "Der Anruf ist als Vorfall gemeldet." in report(jana, call)
    assert reported(hotline) == [(call, f"agent:{jana.id}", REASON)]
    rows = hotline.gate.database.rows
    assert rows("select customer_id from incident_customer") == [(maren.id,)]
    assert rows("select count(*) from incident_attempt") == [(1,)]
    assert rows("select actor from event where kind = 'incident:opened' and call_id = %s", call) == [
        (f"agent:{jana.id}",)
    ]
    report(jana, call)
    assert len(reported(hotline)) == 1


def test_just_after_the_caller_hung_up_it_can_still_be_reported(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    with hotline.gate.database.connect() as switch:
        switch.execute("select call_ended(%s)", (call,))
    assert "Der Anruf ist als Vorfall gemeldet." in report(jana, call)
    assert len(reported(hotline)) == 1


def test_nobody_reports_a_call_that_is_not_theirs(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """A7, A10"""
    ole = hotline.desk.agent("ole")
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    assert "Der Zugriff auf diesen Anruf ist abgelaufen." in report(ole, call)
    ole.browser.cookies["werda_grant"] = jana.browser.cookies["werda_grant"].value
    assert "Der Zugriff auf diesen Anruf ist abgelaufen." in report(ole, call)
    assert reported(hotline) == []


def test_a_reason_with_a_code_is_refused_and_not_shown_again(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """B9"""
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    page = report(jana, call, "sagte 9 3 5 7 am Telefon")
    assert "Der Anruf wurde nicht gemeldet" in page
    assert "9 3 5 7" not in page
    assert reported(hotline) == []
