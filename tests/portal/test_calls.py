"""Calls: the status is one's own, a yes lifts a call as far as the session is strong, a call code counts once."""

import contextlib
import itertools
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gates import Gate, running_gate
from tests.people import NOT_ASSERTING, Person, Town
from tests.portal.test_code_and_sim import digits_on, hotline_says, strongly
from tests.portals import Browser, Portal
from werda.core.secret import Secret
from werda.portal.calls.live import MOST
from werda.store.roles import Role
from werda.usecases.create_agent import create_agent
from werda.usecases.create_api_key import Scope, create_api_key

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def gate(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path_factory.mktemp("gate") / "gate.log") as running:
        yield running


@pytest.fixture(scope="module")
def portal(town: Town, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One that reaches this file's gate, with a key of its own."""
    from tests.portals import running_portal

    socket = gate.log.with_suffix(".sock")
    with town.database.connect() as owner:
        key = create_api_key(owner, name="portal", scopes={Scope.VERIFY, Scope.CONFIRM}, brands=[], asserts=False)
    file = town.database.home / "keys" / "portal-api-key"
    before = file.read_text()
    file.write_text(key.reveal())
    with running_portal(
        town, tmp_path_factory.mktemp("portal") / "portal.log", WERDA_GATE_SOCKET=str(socket)
    ) as running:
        yield running
    file.write_text(before)


@pytest.fixture(scope="module")
def agent(town: Town, portal: Portal) -> int:
    with town.database.connect() as owner:
        return create_agent(
            owner, username="jana", password=Secret("Deichgraf-Fernglas-7"), name="Jana Petersen",
            brands=[town.brand], now=datetime.now(UTC),
        )  # fmt: skip


class Call:
    """A call that an agent has opened."""

    def __init__(self, town: Town, gate: Gate, agent: int, person: Person, digits: str = "") -> None:
        self.town, self.agent = town, agent
        self.ref = f"call-{next(numbers)}"
        if digits:
            assert hotline_says(gate, person, digits, self.ref) == "verified"
        with town.database.connect(Role.GATE) as switch:
            row = switch.execute(
                "select o_call from call_arrived(%s, %s, '+4930231250', %s, false, %s)",
                (town.brand, self.ref, person.line, NOT_ASSERTING),
            ).fetchone()
            assert row is not None
            self.id: int = row[0]
            handed = switch.execute("select o_attempt from hand_over(%s, 900)", (self.id,)).fetchone()
            assert handed is not None
            assert switch.execute("select call_answered(%s, %s, 'jana')", (self.id, handed[0])).fetchone() == (True,)
            self.secret = f"grant-{self.ref}"
            switch.execute(
                "select * from redeem(%s, %s, sha256(convert_to(%s, 'UTF8')), 900)", (self.id, agent, self.secret)
            )

    def at_the_desk(self, statement: str) -> Any:
        with self.town.database.database.connect(Role.DESK) as desk:
            desk.execute(
                "select set_config('werda.grant', %s, true), set_config('werda.agent', %s, true)",
                (self.secret, str(self.agent)),
            )
            row = desk.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]

    def asks(self) -> str:
        return str(self.at_the_desk("select ask_confirmation()"))

    @property
    def reply(self) -> str | None:
        answer: str | None = self.at_the_desk("select o_state from confirmation_of_call()")
        return answer

    @property
    def level(self) -> int:
        """That of the agent's living grant."""
        [(level,)] = self.town.database.rows("select level from call_grant where call_id = %s", self.id)
        return int(level)

    def ends(self) -> None:
        with self.town.database.connect(Role.GATE) as switch:
            switch.execute("select call_ended(%s)", (self.id,))


def question_on(browser: Browser) -> str | None:
    """Where the answer goes to."""
    found = re.search(r'action="(/calls/answer/\d+)"', browser.page("/"))
    return found[1] if found else None


def says(browser: Browser, word: str) -> httpx.Response:
    address = question_on(browser)
    assert address is not None, "nobody asks"
    return browser.sends(address, form_on="/", answer=word)


def test_the_status_says_whether_we_speak_with_you_and_who_it_is(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # D5
    person, neighbour = town.person("4809"), town.person("2580")
    mine, theirs = portal.signed_in(person), portal.signed_in(neighbour)
    assert "NICHT mit dir" in mine.page("/")
    call = Call(town, gate, agent, person, "4809")
    page = mine.page("/calls")
    assert "Wir sprechen gerade mit dir" in page
    assert "Jana" in page
    assert "Petersen" not in page
    words = re.search(r'class="words">(\w+ \w+)<', page)
    assert words is not None
    assert "NICHT mit dir" in theirs.page("/")
    assert mine.get("/calls").headers["Refresh"] == "15; url=/calls"
    call.ends()
    assert "NICHT mit dir" in mine.page("/calls")


def test_a_call_that_merely_shows_your_number_is_not_said_to_be_you(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # D1
    person = town.person("4809")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person)
    assert "Jemand ruft uns mit deiner Nummer an" in browser.page("/")
    call.ends()


def test_the_status_changes_by_itself(portal: Portal, town: Town, gate: Gate, agent: int) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    heard: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        with browser.client.stream("GET", "/calls/live", timeout=20) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    heard.append(line)
                    ready.set()
                if len(heard) >= 3:
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert ready.wait(10)
    before = len(heard)
    Call(town, gate, agent, town.person("2580"), "2580").ends()  # somebody else's
    call = Call(town, gate, agent, person, "4809")
    listener.join(10)
    assert len(heard) > before
    call.ends()


def test_a_yes_from_a_strong_session_lifts_a_call_that_proved_the_code_to_level_2(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # A3
    person = town.person("4809")
    portal.enrol(person)
    browser = strongly(portal, person)
    call = Call(town, gate, agent, person, "4809")
    assert call.level == 1
    assert (call.reply, call.asks(), call.reply) == (None, "asked", "waiting")
    assert call.asks() == "waiting"
    answered = says(browser, "yes")
    assert answered.status_code == 200, answered.text
    assert (call.reply, call.level) == ("yes", 2)
    rows = town.database.rows(
        "select channel, method, outcome, level from attempt where customer_id = %s order by id desc limit 1", person.id
    )
    assert rows == [(4, 6, 0, 2)]


def test_a_yes_from_a_session_with_a_password_alone_never_gives_level_2(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # A3
    person = town.person("4809")
    browser = portal.signed_in(person)
    proved, unproved = Call(town, gate, agent, person, "4809"), Call(town, gate, agent, person)
    for call, level in ((proved, 1), (unproved, 1)):
        assert call.asks() == "asked"
        assert says(browser, "yes").status_code == 200
        assert (call.reply, call.level) == ("yes", level)
        call.ends()


def test_an_app_that_was_enrolled_an_hour_ago_gives_no_second_proof_yet(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # A3
    person = town.person("4809")
    portal.enrol(person)
    browser = strongly(portal, person, datetime.now(UTC) - timedelta(hours=1))
    call = Call(town, gate, agent, person, "4809")
    call.asks()
    assert says(browser, "yes").status_code == 200
    assert call.level == 1


def test_a_no_proves_nothing_and_the_agent_hears_it(portal: Portal, town: Town, gate: Gate, agent: int) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person)
    call.asks()
    address = question_on(browser)
    assert "jemand anderes" in says(browser, "no").text
    assert (call.reply, call.level) == ("no", 0)
    assert address is not None
    assert browser.sends(address, form_on="/", answer="yes").status_code == 404  # it was answered
    details = town.database.rows(
        "select detail ->> 'answer' from event where customer_id = %s and kind = 'confirmation:answered'", person.id
    )
    assert details == [("no",)]


def test_two_minutes_later_nobody_waits_for_an_answer(portal: Portal, town: Town, gate: Gate, agent: int) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person)
    call.asks()
    address = question_on(browser)
    assert address is not None
    with town.database.connect() as owner:
        owner.execute("update confirmation set expires_at = now() where call_id = %s", (call.id,))
    assert "Zu spät" in browser.sends(address, form_on="/", answer="yes").text
    assert (call.reply, call.level) == ("no_answer", 0)


def test_an_unknown_caller_can_be_asked_for_all_the_same_and_never_answers(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # A4
    nobody = Person(0, "", "+4930555", 0, "")
    call = Call(town, gate, agent, nobody)
    assert (call.asks(), call.reply) == ("asked", "waiting")


def test_nobody_is_asked_until_they_say_yes_to_be_left_alone(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:
    person = town.person("4809")
    asked = []
    for _ in range(3):
        call = Call(town, gate, agent, person)
        for _ in range(3):
            asked.append(call.asks())
            with town.database.connect() as owner:
                owner.execute("update confirmation set expires_at = now() where call_id = %s", (call.id,))
        call.ends()
    assert asked == ["asked"] * 5 + ["too_many"] * 4


def test_with_the_hotline_closed_a_yes_proves_nothing_and_there_is_no_call_code(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # E5
    person = town.person("4809")
    browser = portal.signed_in(person)
    browser.sends("/code-and-sim/hotline", go="close")
    call = Call(town, gate, agent, person)
    call.asks()
    assert says(browser, "yes").status_code == 403
    assert call.level == 0
    assert "gibt es keinen Code" in browser.sends("/call").text


def test_a_call_code_counts_once_at_the_hotline(portal: Portal, town: Town, gate: Gate) -> None:  # B6
    person = town.person("4809")
    browser = portal.signed_in(person)
    code = digits_on(browser.sends("/call").text)
    assert len(code) == 6
    assert hotline_says(gate, person, code, f"code-{next(numbers)}") == "verified"
    assert hotline_says(gate, person, code, f"code-{next(numbers)}") == "refused"
    assert code not in portal.log.read_text()  # B9


def test_the_topic_goes_to_the_agent_once_the_code_was_right(portal: Portal, town: Town, gate: Gate) -> None:
    """surfaces.md, "Call"; A4: before that nothing of it is seen."""
    person = town.person("4809")
    browser = portal.signed_in(person)
    page = browser.sends("/call", topic="bill").text
    assert "Die Kundenbetreuung sieht, worum es geht: Rechnung." in page
    code, missed, right = digits_on(page), f"topic-{next(numbers)}", f"topic-{next(numbers)}"

    def topic(ref: str) -> list[tuple[str]]:
        return town.database.rows("select topic from call where ref = %s", ref)

    assert hotline_says(gate, person, f"{(int(code) + 1) % 10**6:06}", missed) == "refused"
    assert topic(missed) == [("",)]
    assert hotline_says(gate, person, code, right) == "verified"
    assert topic(right) == [("bill",)]


def test_a_topic_that_is_none_is_left_out(portal: Portal, town: Town, gate: Gate) -> None:
    person = town.person("4809")
    browser, ref = portal.signed_in(person), f"topic-{next(numbers)}"
    page = browser.sends("/call", topic="Meine Kennzahl ist 4809").text
    assert "worum es geht" not in page
    assert hotline_says(gate, person, digits_on(page), ref) == "verified"
    assert town.database.rows("select topic from call where ref = %s", ref) == [("",)]


def test_a_call_in_our_name_is_reported_and_has_a_number(portal: Portal, town: Town) -> None:  # A7, D5
    person = town.person()
    browser = portal.signed_in(person)
    page = browser.sends("/calls/report", form_on="/").text
    [(number, reason)] = town.database.rows(
        "select i.id, i.reason from incident i join incident_customer c on c.incident_id = i.id"
        " where c.customer_id = %s",
        person.id,
    )
    assert f"Nummer {number}" in page
    assert "in our name" in reason
    assert f"Nummer {number}" in browser.sends("/calls/report", form_on="/").text  # the same case


def test_scripts_say_that_the_status_is_unknown_rather_than_an_old_one() -> None:
    script = (Path(__file__).parents[2] / "src/werda/portal/calls/static/calls/live.js").read_text(encoding="utf-8")
    assert script.count("unknown()") >= 4


def test_a_no_ends_what_somebody_with_the_code_had_proved_in_the_call(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # B8, A4
    person = town.person("4809")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person, "4809")
    call.asks()
    assert call.level == 1
    assert call.at_the_desk("select count(*) from customer") == 1
    says(browser, "no")
    assert (call.reply, call.level) == ("no", 0)
    assert call.at_the_desk("select count(*) from customer") == 0
    call.ends()


def test_a_question_ends_with_its_call_but_a_no_is_heard(portal: Portal, town: Town, gate: Gate, agent: int) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person)
    call.asks()
    address = question_on(browser)
    assert address is not None
    call.ends()
    assert question_on(browser) is None
    assert "Zu spät" in browser.sends(address, form_on="/", answer="yes").text
    assert "jemand anderes" in browser.sends(address, form_on="/", answer="no").text


def test_nobody_says_yes_to_a_call_that_was_verified_for_somebody_else(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # A4
    person, neighbour = town.person("4809"), town.person("2580")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person)  # the number is this person's
    call.asks()
    address = question_on(browser)
    assert address is not None
    assert hotline_says(gate, neighbour, "2580", call.ref) == "verified"
    assert question_on(browser) is None
    assert "Zu spät" in browser.sends(address, form_on="/", answer="yes").text
    [(customer,)] = town.database.rows("select customer_id from call where id = %s", call.id)
    assert customer == neighbour.id
    call.ends()


def test_a_call_that_proved_one_line_only_is_not_said_to_be_with_you(
    portal: Portal, town: Town, gate: Gate, agent: int
) -> None:  # B7
    person = town.person("4809", puks=("12345678",))
    town.sim(person, "87654321", role="secondary")
    browser = portal.signed_in(person)
    call = Call(town, gate, agent, person, "87654321")
    assert call.level == 1
    page = browser.page("/")
    assert "Wir sprechen gerade mit dir" not in page
    assert "Jemand ruft uns mit deiner Nummer an" in page
    call.asks()
    says(browser, "no")
    assert call.level == 1  # whoever has the line proved the line
    call.ends()


# The hotline calls ----------------------------------------------------------------------------------------------------


def announces(town: Town, agent: int, number: str) -> None:
    with town.database.database.connect(Role.DESK) as desk:
        desk.execute("select announce_call(%s, %s, %s, 20)", (agent, town.brand, number))


def test_the_portal_says_that_it_is_really_the_hotline_that_calls(portal: Portal, town: Town, agent: int) -> None:
    """D5: with the words that the agent can read out, until the agent has ended the call."""
    person, other = town.person("3917"), town.person("3918")
    browser, others = portal.signed_in(person), portal.signed_in(other)
    announces(town, agent, person.line)
    page = browser.page("/")
    assert "Wir rufen dich an" in page
    assert "Jana von der Hotline" in page
    assert re.search(r'class="words">\w+ \w+<', page)
    assert "Wir sprechen gerade NICHT" in others.page("/")
    with town.database.database.connect(Role.DESK) as desk:
        desk.execute("select end_announced(%s)", (agent,))
    assert "Wir rufen dich an" not in browser.page("/")
    assert "Die Hotline hat dich angerufen" in browser.page("/history")


def test_an_announced_call_ends_by_itself(portal: Portal, town: Town, agent: int) -> None:
    """D5: an old announcement would vouch for somebody else's call."""
    person = town.person("3919")
    browser = portal.signed_in(person)
    announces(town, agent, person.line)
    with town.database.connect() as owner:
        owner.execute("update outgoing_call set expires_at = now() where customer_id = %s", (person.id,))
    assert "Wir rufen dich an" not in browser.page("/")


# Pages that wait ------------------------------------------------------------------------------------------------------


def test_one_customer_does_not_fill_the_portal_with_pages_that_wait(portal: Portal, town: Town) -> None:
    browser, other = portal.signed_in(town.person("3921")), portal.signed_in(town.person("3922"))
    with contextlib.ExitStack() as open_pages:
        heard = []  # kept, because a page whose lines nobody wants any more is closed
        for _ in range(MOST):
            stream = open_pages.enter_context(browser.client.stream("GET", "/calls/live", timeout=20))
            assert stream.status_code == 200
            heard.append(stream.iter_lines())
            next(heard[-1])
        refused = browser.get("/calls/live")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
        with other.client.stream("GET", "/calls/live", timeout=20) as stream:
            assert stream.status_code == 200
    deadline = time.monotonic() + 20
    while not _is_let_in(browser):
        assert time.monotonic() < deadline, "closed pages count on"
        time.sleep(0.1)


def _is_let_in(browser: Browser) -> bool:
    with browser.client.stream("GET", "/calls/live", timeout=20) as stream:
        return stream.status_code == 200
