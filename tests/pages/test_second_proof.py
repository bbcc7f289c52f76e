"""The desk takes a second proof, and unlocks for a caller whose letter code was verified (A3, C2)."""

from datetime import UTC, datetime

import pytest

from tests.one_time import call_code, letter_code
from tests.pages.hotline import Agent, Hotline
from tests.people import Person
from werda.core.audit import EventKind
from werda.core.notice import NoticeKind

UNLOCK = "Hotline-Zugang entsperren"


@pytest.fixture
def jana(hotline: Hotline) -> Agent:
    return hotline.desk.agent("jana")


@pytest.fixture
def maren(hotline: Hotline) -> Person:
    return hotline.desk.town.person("0815", puks=("31415926",))


def typed(agent: Agent, call: int, person: Person, digits: str) -> str:
    return agent.sends(f"/desk/calls/{call}/verify", number=person.line, digits=digits).content.decode()


def spend_budget(hotline: Hotline, person: Person) -> None:
    with hotline.gate.database.connect() as owner:
        owner.execute("update budget set failures = 3 where customer_id = %s", (person.id,))


def failures(hotline: Hotline, person: Person) -> list[int]:
    rows = hotline.gate.database.rows("select failures from budget where customer_id = %s", person.id)
    return [count for (count,) in rows]


def test_a_call_code_beside_the_customer_code_gives_level_2(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """A3"""
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    page = typed(jana, call, maren, call_code(hotline.desk.town, maren, now=datetime.now(UTC)))
    assert "verstärkt legitimiert, Stufe 2" in page
    assert "Kundenkennzahl, Anruf-Code" in page
    assert "Stufe 2: mit" not in page, "nothing is locked any more"
    assert UNLOCK not in page


def test_a_call_code_of_a_plain_session_does_not(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """A3"""
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    page = typed(jana, call, maren, call_code(hotline.desk.town, maren, strong=False, now=datetime.now(UTC)))
    assert "legitimiert, Stufe 1" in page


def test_a_wrong_second_proof_takes_nothing_away(hotline: Hotline, jana: Agent, maren: Person) -> None:
    call = hotline.verified_call(maren, jana)
    hotline.opened(jana, call)
    page = typed(jana, call, maren, "123456")
    assert "Was vorher nachgewiesen wurde, gilt weiter." in page
    assert "legitimiert, Stufe 1" in page


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed in", "typed by the agent"])
def test_a_letter_code_unlocks(hotline: Hotline, jana: Agent, maren: Person, keyed: bool) -> None:
    """C2, C8, E5"""
    code = letter_code(hotline.desk.town, maren, printed=datetime.now(UTC))
    if keyed:
        call = hotline.verified_call(maren, jana, code)
        page = hotline.opened(jana, call)
    else:
        call = hotline.unverified_call(jana)
        hotline.opened(jana, call)
        page = typed(jana, call, maren, code)
    assert UNLOCK in page
    spend_budget(hotline, maren)
    page = jana.sends(f"/desk/calls/{call}/unlock").content.decode()
    assert "Der Hotline-Zugang ist entsperrt." in page
    assert set(failures(hotline, maren)) == {0}
    database = hotline.gate.database
    lifted = database.rows("select actor, call_id, detail from event where kind = %s", EventKind.LOCKOUT_LIFTED.value)
    assert (f"agent:{jana.id}", call, {"by": "letter_code"}) in lifted
    told = database.rows("select kind from notice where customer_id = %s", maren.id)
    assert (NoticeKind.LOCKOUT_LIFTED.value,) in told
    assert "war nicht gesperrt" in jana.sends(f"/desk/calls/{call}/unlock").content.decode()


@pytest.mark.parametrize("digits", ["0815", "31415926"])
def test_code_and_puk_never_unlock(hotline: Hotline, jana: Agent, maren: Person, digits: str) -> None:
    """C2: what was guessed at, and an agent's word, open nothing."""
    call = hotline.verified_call(maren, jana, digits)
    assert UNLOCK not in hotline.opened(jana, call)
    spend_budget(hotline, maren)
    page = jana.sends(f"/desk/calls/{call}/unlock").content.decode()
    assert "Nur ein in diesem Anruf geprüfter Brief-Code entsperrt." in page
    assert 3 in failures(hotline, maren)


def test_a_call_code_does_not_unlock_at_the_desk(hotline: Hotline, jana: Agent, maren: Person) -> None:
    """C2: its session may, in the app; at the desk a letter code only."""
    call = hotline.verified_call(maren, jana, call_code(hotline.desk.town, maren, now=datetime.now(UTC)))
    assert UNLOCK not in hotline.opened(jana, call)
    spend_budget(hotline, maren)
    jana.sends(f"/desk/calls/{call}/unlock")
    assert 3 in failures(hotline, maren)
