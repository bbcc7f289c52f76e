"""Who else may speak for a customer: with a code and a budget of their own, for some things, until a day (E2, C1)."""

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from tests.gates import Gate
from tests.journeys.conftest import Shot, shot
from tests.people import NOT_ASSERTING, Person, Town
from tests.portal.chromium import chromium
from tests.portal.test_calls import agent, gate, portal
from tests.portal.test_code_and_sim import digits_on, hotline_says, stale
from tests.portals import Browser, Portal
from werda.core.permission import NotAllowed, Why
from werda.core.policy import Operation
from werda.core.representative import LONGEST
from werda.core.secret import Secret
from werda.store.queries.grant import Grant
from werda.store.queries.policies import policy_in_force
from werda.store.roles import Role
from werda.usecases.asker import Asker, asker_of_grant
from werda.usecases.end_contract import end_contract
from werda.usecases.forget_representatives import KEPT, forget_representatives

__all__ = ["agent", "gate", "portal", "shot"]

numbers = itertools.count(1)
NEXT_YEAR = (date.today() + timedelta(days=300)).isoformat()


@dataclass
class Helper:
    """A carer of a customer."""

    person: Person
    browser: Browser
    id: int
    number: str
    code: str


def number_on(page: str) -> str:
    found = re.search(r'class="secret-digits number long"[^>]*>(\d+)<', page)
    assert found is not None, page
    return found[1]


def adds(browser: Browser, **told: str) -> httpx.Response:
    fields = {
        "name": "Erika Beispiel",
        "kind": "carer",
        "scope": "explain_bill",
        "until": NEXT_YEAR,
        "key": str(uuid4()),
    }
    return browser.sends("/representatives/add", **(fields | told))


@pytest.fixture
def helper(portal: Portal, town: Town) -> Helper:
    person = town.person("4809", puks=("73519264",))
    browser = portal.signed_in(person)
    page = adds(browser).text
    [(row,)] = town.database.rows("select id from representative where customer_id = %s", person.id)
    return Helper(person, browser, row, number_on(page), digits_on(page))


def says(gate: Gate, number: str, digits: str, **source: object) -> str:
    """What the hotline says to who types this number, then these digits, each time in a call of its own."""
    with gate.client() as partner:
        body = {"brand": "nordfunk", "customer_number": number, "digits": digits, "call_id": f"rep-{next(numbers)}"}
        return str(partner.post("/v1/verifications", json=body | source).json()["result"])


def at_once(town: Town, person: Person) -> None:
    """Delays between failures are over."""
    with town.database.connect() as owner:
        owner.execute("update budget set not_before = null where customer_id = %s", (person.id,))


def other(code: str) -> str:
    return f"{(int(code) + 1111) % 10_000:04}"


def test_a_carer_calls_with_number_and_code_of_their_own(helper: Helper, town: Town, gate: Gate) -> None:
    assert re.fullmatch(r"9\d{9}", helper.number)
    assert re.fullmatch(r"\d{4}", helper.code)
    assert says(gate, helper.number, helper.code) == "verified"
    [(person, level)] = town.database.rows(
        "select person_id, level from attempt where customer_id = %s and outcome = 0", helper.person.id
    )
    assert (person, level) == (helper.id, 1)


def test_nobodys_code_is_anybody_elses(helper: Helper, gate: Gate, town: Town) -> None:
    if helper.code != "4809":
        assert says(gate, helper.number, "4809") == "refused"
    at_once(town, helper.person)
    assert says(gate, helper.number, "73519264") == "refused"  # nor is the PUK, which is the account's (B7)
    assert says(gate, helper.person.number, helper.code) == ("verified" if helper.code == "4809" else "refused")


def test_what_they_get_wrong_locks_them_and_not_the_account_holder(helper: Helper, gate: Gate, town: Town) -> None:
    for _ in range(3):
        assert says(gate, helper.number, other(helper.code)) == "refused"
        at_once(town, helper.person)
    assert says(gate, helper.number, helper.code) == "refused"
    assert hotline_says(gate, helper.person, "4809", f"rep-{next(numbers)}") == "verified"


def test_what_the_account_holder_gets_wrong_does_not_lock_them(helper: Helper, gate: Gate, town: Town) -> None:
    for _ in range(3):
        hotline_says(gate, helper.person, "0000", f"rep-{next(numbers)}")
        at_once(town, helper.person)
    assert hotline_says(gate, helper.person, "4809", f"rep-{next(numbers)}") == "refused"
    assert says(gate, helper.number, helper.code) == "verified"


def test_their_budget_is_one_from_whichever_line(helper: Helper, gate: Gate, town: Town) -> None:
    """C3 is for the account's own lines: their code is not carried by a line."""
    own = {"source": {"calling_number": helper.person.line, "asserted": True}}
    for _ in range(3):
        says(gate, helper.number, other(helper.code), **own)
        at_once(town, helper.person)
    assert says(gate, helper.number, helper.code) == "refused"
    assert town.database.rows(
        "select own_line from budget where customer_id = %s and person_id = %s", helper.person.id, helper.id
    ) == [(False,)]


def test_when_their_time_is_over_they_are_as_unknown_as_anybody(helper: Helper, gate: Gate, town: Town) -> None:  # C7
    with town.database.connect() as owner:
        owner.execute("update representative set expires_at = now() where id = %s", (helper.id,))
    assert says(gate, helper.number, helper.code) == "refused"
    assert town.database.rows("select count(*) from attempt where customer_id = %s", helper.person.id) == [(0,)]


def test_an_ended_contract_ends_them_too(helper: Helper, gate: Gate, town: Town) -> None:
    with town.database.database.connect(Role.CUSTODY) as custody:
        end_contract(custody, customer_id=helper.person.id, actor="operator", now=datetime.now(UTC))
    assert says(gate, helper.number, helper.code) == "refused"


def test_a_closed_hotline_is_closed_for_them_too(helper: Helper, gate: Gate) -> None:  # E5
    helper.browser.sends("/code-and-sim/hotline", go="close")
    assert says(gate, helper.number, helper.code) == "refused"


def test_a_new_code_ends_the_old_one_and_their_lock(helper: Helper, gate: Gate, town: Town) -> None:  # B8, C9
    for _ in range(3):
        says(gate, helper.number, other(helper.code))
        at_once(town, helper.person)
    page = helper.browser.sends(f"/representatives/{helper.id}/renew").text
    fresh = digits_on(page)
    assert number_on(page) == helper.number
    assert says(gate, helper.number, fresh) == "verified"
    if fresh != helper.code:
        assert says(gate, helper.number, helper.code) == "refused"


def test_one_factor_ends_them_at_once(helper: Helper, gate: Gate, portal: Portal) -> None:  # E5
    stale(portal, helper.person)
    helper.browser.sends(f"/representatives/{helper.id}/end", form_on="/representatives")
    assert says(gate, helper.number, helper.code) == "refused"
    page = helper.browser.page("/representatives")
    assert "beendet" in page.lower()
    assert helper.number not in page


class Spoken:
    """A call of somebody's that an agent has opened."""

    def __init__(self, town: Town, gate: Gate, agent: int, helper: Helper) -> None:
        self.town, self.agent = town, agent
        with gate.client() as partner:
            ref = f"rep-{next(numbers)}"
            body = {"brand": "nordfunk", "customer_number": helper.number, "digits": helper.code, "call_id": ref}
            assert partner.post("/v1/verifications", json=body).json()["result"] == "verified"
        with town.database.connect(Role.GATE) as switch:
            row = switch.execute(
                "select o_call from call_arrived(%s, %s, '+4930231250', '', false, %s)",
                (town.brand, ref, NOT_ASSERTING),
            ).fetchone()
            assert row is not None
            handed = switch.execute("select o_attempt from hand_over(%s, 900)", (row[0],)).fetchone()
            assert handed is not None
            switch.execute("select call_answered(%s, %s, 'jana')", (row[0], handed[0]))
            self.secret = f"grant-{ref}"
            switch.execute(
                "select * from redeem(%s, %s, sha256(convert_to(%s, 'UTF8')), 900)", (row[0], agent, self.secret)
            )
        self.call_id = row[0]

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self.town.database.database.connect(Role.DESK) as desk:
            desk.execute(
                "select set_config('werda.grant', %s, true), set_config('werda.agent', %s, true)",
                (self.secret, str(self.agent)),
            )
            return desk.execute(statement.encode()).fetchall()

    def asks_for(self, operation: Operation) -> Asker | NotAllowed:
        grant = Grant(
            secret=Secret(self.secret), agent_id=self.agent, call_id=self.call_id, brand_id=self.town.brand,
            customer_id=None, line_id=None, level=1, method=1, channel=1, legacy=False, verified_at=None,
            expires_at=datetime.now(UTC),
        )  # fmt: skip
        with self.town.database.database.connect(Role.CUSTODY) as custody:
            policy = policy_in_force(custody, self.town.brand, datetime.now(UTC))
            assert policy is not None
            return asker_of_grant(custody, grant, policy, operation, now=datetime.now(UTC))


def test_the_agent_sees_who_is_speaking_and_does_what_is_allowed(
    helper: Helper, town: Town, gate: Gate, agent: int
) -> None:
    call = Spoken(town, gate, agent, helper)
    assert call.rows("select name, kind, scope from speaker()") == [("Erika Beispiel", "carer", ["explain_bill"])]
    assert isinstance(call.asks_for(Operation.EXPLAIN_BILL), Asker)
    no = call.asks_for(Operation.BOOK_OPTION)
    assert isinstance(no, NotAllowed)
    assert no.why is Why.NOT_IN_SCOPE
    stronger = call.asks_for(Operation.REPLACE_SIM)
    assert isinstance(stronger, NotAllowed)
    assert stronger.why is Why.LEVEL


def test_who_is_ended_in_the_middle_of_a_call_is_nobody(helper: Helper, town: Town, gate: Gate, agent: int) -> None:
    call = Spoken(town, gate, agent, helper)
    assert len(call.rows("select id from customer")) == 1
    helper.browser.sends(f"/representatives/{helper.id}/end", form_on="/representatives")
    assert call.rows("select id from customer") == []
    assert call.rows("select * from speaker()") == []


def test_the_account_holders_own_calls_go_on_when_a_representative_ends(helper: Helper, town: Town, gate: Gate) -> None:
    hotline_says(gate, helper.person, "4809", ref := f"rep-{next(numbers)}")
    helper.browser.sends(f"/representatives/{helper.id}/end", form_on="/representatives")
    assert town.database.rows("select level from call where ref = %s", ref) == [(1,)]


def test_the_code_is_shown_once_and_kept_nowhere_in_the_clear(helper: Helper, portal: Portal, town: Town) -> None:  # B9
    assert helper.code not in re.sub(r"<[^>]+>|\d{5,}", " ", helper.browser.page("/representatives")).split()
    for table in ("representative", "event", "notice"):
        rows = town.database.rows(f"select t::text from {table} t where customer_id = %s", helper.person.id)
        assert not re.search(rf"(?<!\d){helper.code}(?!\d)", re.sub(r"\d{4}-\d\d-\d\d[^,\"]*", "", str(rows))), table
    assert f" {helper.code} " not in portal.log.read_text()
    kinds = [k for (k,) in town.database.rows("select kind from notice where customer_id = %s", helper.person.id)]
    assert "representative_added" in kinds


def test_a_double_tap_adds_one(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    browser, key = portal.signed_in(person), str(uuid4())
    assert adds(browser, key=key).status_code == 200
    again = adds(browser, key=key)
    assert again.status_code == 409
    assert "schon eingetragen" in again.text
    assert town.database.rows("select count(*) from representative where customer_id = %s", person.id) == [(1,)]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"scope": "replace_sim"}, "mindestens eines"),
        ({"scope": ""}, "mindestens eines"),
        ({"until": (date.today() + LONGEST).isoformat()}, "in den nächsten zwei Jahren"),
        ({"until": (date.today() - timedelta(days=1)).isoformat()}, "in den nächsten zwei Jahren"),
        ({"name": "Code 4809"}, "ohne Ziffern"),
        ({"name": ""}, "Name"),
        ({"kind": "owner"}, "Erika"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_lost(
    portal: Portal, town: Town, told: dict[str, str], words: str
) -> None:
    person = town.person("4809")
    answer = adds(portal.signed_in(person), **told)
    assert answer.status_code in {409, 422}
    assert words in answer.text
    assert town.database.rows("select count(*) from representative where customer_id = %s", person.id) == [(0,)]


def test_ten_at_a_time(portal: Portal, town: Town) -> None:
    browser = portal.signed_in(town.person("4809"))
    assert [adds(browser).status_code for _ in range(11)] == [200] * 10 + [409]


def test_adding_needs_a_fresh_proof(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    token = browser.token("/representatives/add")
    stale(portal, person)
    answer = browser.client.post("/representatives/add", data={"csrfmiddlewaretoken": token})
    assert answer.headers["Location"].startswith("/sign-in/again")


def test_long_after_their_time_nobody_knows_who_it_was(helper: Helper, town: Town, gate: Gate) -> None:  # A9
    with town.database.connect() as owner:
        owner.execute("update representative set expires_at = now() where id = %s", (helper.id,))
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        forget_representatives(worker, datetime.now(UTC) + timedelta(days=1))
        assert town.database.rows("select sealed from representative where id = %s", helper.id) == [(None,)]
        assert town.database.rows("select count(*) from credential where person_id = %s", helper.id) == [(0,)]
        forget_representatives(worker, datetime.now(UTC) + KEPT + timedelta(days=1))
    assert town.database.rows("select count(*) from representative where id = %s", helper.id) == [(0,)]


def test_it_is_clear_on_a_phone_and_on_a_desk(helper: Helper, portal: Portal, shot: Shot) -> None:
    with chromium() as browser:
        for width, height in ((390, 844), (1280, 900)):
            context = browser.new_context(
                base_url=portal.url, locale="de-DE", viewport={"width": width, "height": height}
            )
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": portal.url}
                    for name, value in helper.browser.client.cookies.items()
                ]
            )
            page = context.new_page()
            page.goto("/representatives")
            expect(page.get_by_text("Erika Beispiel").first).to_be_visible()
            shot(page, f"representatives-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.get_by_role("link", name="Jemanden für mich sprechen lassen").click()
            page.get_by_label("Name").fill("Jörg Helfer")
            page.get_by_label("Tarifoptionen buchen").check()
            page.get_by_label("Letzter Tag").fill(NEXT_YEAR)
            shot(page, f"add-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.get_by_role("button", name="Eintragen").click()
            expect(page.get_by_role("heading", name="Für Jörg Helfer")).to_be_visible()
            shot(page, f"code-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            context.close()
