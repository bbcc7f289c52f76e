"""Opening the portal for the first time, or again: by a letter code, or by a link in a mail and a code by SMS (E5)."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.gates import Gate
from tests.one_time import letter_code
from tests.people import Person, Town
from tests.portal.test_calls import gate as gate
from tests.portal.test_calls import portal as portal
from tests.portals import PASSWORD, Browser, Portal, give_totp
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.look.shown_number import shown_number
from werda.sms.gateway import Gateway
from werda.store.roles import Role
from werda.usecases.post_mail import place_of
from werda.usecases.send_sms import send_one_sms


class SmsCentre(ThreadingHTTPServer):
    """A gateway that takes SMS, or answers otherwise."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.taken: list[dict[str, str]] = []
        self.status = 202

    @property
    def gateway(self) -> Gateway:
        return Gateway(f"http://127.0.0.1:{self.server_port}/sms", "Nordfunk", Secret("wort"))


class _Taker(BaseHTTPRequestHandler):
    server: SmsCentre

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == "Bearer wort"
        if self.server.status < 300:
            self.server.taken.append(body)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def centre() -> Iterator[SmsCentre]:
    centre = SmsCentre()
    thread = threading.Thread(target=centre.serve_forever)
    thread.start()
    yield centre
    centre.shutdown()
    thread.join()
    centre.server_close()


def link_for(portal: Portal, person: Person) -> str:
    """What stands behind the hash in the newest mail to somebody."""
    rows = portal.database.rows("select id, sealed from mail where customer_id = %s order by id desc", person.id)
    custody: Custody = portal.database.custody
    return custody.open_for(place_of(rows[0][0]), rows[0][1]).reveal()


def sms_for(portal: Portal, centre: SmsCentre, person: Person, now: datetime | None = None) -> str:
    """The code that the gateway got for somebody."""
    with portal.database.connect(Role.CUSTODY) as custody:
        while send_one_sms(custody, portal.database.custody, centre.gateway, now or datetime.now(UTC)):
            pass
    assert centre.taken[-1]["to"] == person.line
    found = re.search(r"\d{3} \d{3}", centre.taken[-1]["text"])
    assert found is not None
    return found[0]


def follow_link(portal: Portal, person: Person) -> Browser:
    browser = portal.browser()
    browser.sends("/enrol", name=person.number)
    assert browser.sends("/enrol/link", token=link_for(portal, person)).headers["Location"] == "/enrol/sms"
    return browser


def test_link_and_sms_open_the_portal(portal: Portal, town: Town, centre: SmsCentre) -> None:  # E5
    person = town.person()
    browser = follow_link(portal, person)
    assert f"auf {person.line[-2:]} endet" in browser.page("/enrol/sms")
    arrived = browser.sends("/enrol/sms", code=sms_for(portal, centre, person))
    assert arrived.headers["Location"] == "/enrol/password"
    assert browser.sends("/enrol/password", password="kurz").status_code == 422
    assert browser.sends("/enrol/password", password=PASSWORD).headers["Location"] == "/"
    assert "Hallo Maren" in browser.page("/")
    rows = town.database.rows("select method, strong_since from portal_session where customer_id = %s", person.id)
    assert rows == [("mail_and_sms", None)]
    assert portal.browser().signs_in(person.number).status_code == 302
    kinds = {kind for (kind,) in town.database.rows("select kind from notice where customer_id = %s", person.id)}
    assert "login_enrolled" in kinds
    assert town.database.rows("select sealed from sms where customer_id = %s", person.id) == [(None,)]


def test_whoever_cannot_be_reached_reads_the_same(portal: Portal, town: Town) -> None:  # C7
    person, without = town.person(), town.person()
    with town.database.connect() as owner:
        owner.execute("update customer set email = '' where id = %s", (without.id,))
    pages = [
        re.sub(r'value="[^"]*"', "", portal.browser().sends("/enrol", name=name).text)
        for name in (person.number, without.number, "nobody@example.org")
    ]
    assert len(set(pages)) == 1
    assert town.database.rows("select count(*) from mail where customer_id = %s", without.id) == [(0,)]


def test_no_sms_goes_to_a_line_whose_sim_is_new(portal: Portal, town: Town) -> None:  # A3
    person = town.person()
    with town.database.connect() as owner:
        owner.execute("update line set possession_from = now() + interval '1 day' where customer_id = %s", (person.id,))
    portal.browser().sends("/enrol", name=person.number)
    assert town.database.rows("select count(*) from mail where customer_id = %s", person.id) == [(0,)]


def test_a_link_counts_once_and_for_an_hour(portal: Portal, town: Town) -> None:
    person = town.person()
    follow_link(portal, person)
    token = town.database.rows("select token_hash from enrolment where customer_id = %s", person.id)
    assert len(token) == 1
    portal.browser().sends("/enrol", name=person.number)
    second = link_for(portal, person)
    with town.database.connect() as owner:
        owner.execute(
            "update enrolment set expires_at = now() where customer_id = %s and opened_at is null", (person.id,)
        )
    assert portal.browser().sends("/enrol/link", token=second).status_code == 422
    assert portal.browser().sends("/enrol/link", token="erfunden").status_code == 422


def test_a_link_that_was_followed_is_over(portal: Portal, town: Town) -> None:
    person = town.person()
    browser = portal.browser()
    browser.sends("/enrol", name=person.number)
    token = link_for(portal, person)
    assert browser.sends("/enrol/link", token=f"https://x.example/enrol/link#{token}").status_code == 302
    assert portal.browser().sends("/enrol/link", token=token).status_code == 422


def test_after_five_wrong_codes_the_right_one_counts_no_longer(portal: Portal, town: Town, centre: SmsCentre) -> None:
    person = town.person()
    browser = follow_link(portal, person)
    right = sms_for(portal, centre, person)
    wrong = f"{(int(right.replace(' ', '')) + 1) % 1_000_000:06}"
    assert {browser.sends("/enrol/sms", code=wrong).status_code for _ in range(5)} == {422}
    assert browser.sends("/enrol/sms", code=right).status_code == 422


def test_at_most_three_links_a_day_go_to_a_customer(portal: Portal, town: Town) -> None:
    person = town.person()
    for _ in range(4):
        portal.browser().sends("/enrol", name=person.number)
    assert town.database.rows("select count(*) from mail where customer_id = %s", person.id) == [(3,)]


def test_link_and_sms_leave_the_authenticator_app_which_is_still_asked_for(
    portal: Portal, town: Town, centre: SmsCentre
) -> None:
    person = town.person()
    give_totp(town.database, portal.enrol(person))
    browser = follow_link(portal, person)
    browser.sends("/enrol/sms", code=sms_for(portal, centre, person))
    assert browser.sends("/enrol/password", password=PASSWORD).headers["Location"] == "/sign-in/code"
    assert browser.get("/").status_code == 302


def test_who_enrols_in_the_browser_of_somebody_signed_in_gets_a_session_of_their_own(
    portal: Portal, town: Town, centre: SmsCentre
) -> None:
    first, second = town.person(), town.person()
    browser = portal.signed_in(first)
    browser.sends("/enrol", form_on="/help", name=second.number)
    browser.sends("/enrol/link", form_on="/help", token=link_for(portal, second))
    browser.sends("/enrol/sms", code=sms_for(portal, centre, second))
    assert browser.sends("/enrol/password", password=PASSWORD).headers["Location"] == "/"
    browser.page("/")
    rows = town.database.rows("select customer_id from portal_session where ended_at is null order by id desc limit 1")
    assert rows == [(second.id,)]
    assert shown_number(second.line) in browser.page("/tariff")


def test_a_letter_code_opens_the_portal_and_takes_the_lost_app_away(portal: Portal, town: Town) -> None:  # E4, E5
    person = town.person("4809")
    login = portal.enrol(person)
    give_totp(town.database, login)
    elsewhere = portal.browser()
    code = letter_code(town, person, printed=datetime.now(UTC) - timedelta(days=3))
    browser = portal.browser()
    arrived = browser.sends("/enrol/letter", number=person.number, code=f"{code[:5]} {code[5:]}")
    assert arrived.headers["Location"] == "/enrol/password"
    assert browser.sends("/enrol/password", password=PASSWORD).headers["Location"] == "/"
    assert "Hallo Maren" in browser.page("/")
    assert elsewhere.get("/").status_code == 302
    [(totp, method)] = town.database.rows(
        "select l.totp, s.method from customer_login l join portal_session s on s.login_id = l.id"
        " where l.id = %s and s.ended_at is null",
        login,
    )
    assert (totp, method) == (None, "letter_code")
    assert browser.sends("/code-and-sim/hotline", go="close").status_code == 302
    browser.sends("/code-and-sim/hotline", go="open")
    assert "gesperrt" in browser.page("/code-and-sim/hotline")  # a letter code makes no strong session
    again = portal.browser().sends("/enrol/letter", number=person.number, code=code)
    assert again.status_code == 422  # it counts once
    kinds = town.database.rows("select kind from event where customer_id = %s and kind like 'login:%%'", person.id)
    assert ("login:recovered",) in kinds


def test_neither_customer_code_nor_puk_nor_call_code_is_tried_here(portal: Portal, town: Town, gate: Gate) -> None:
    person = town.person("4809", puks=("12345678",))  # C1
    for digits in ("4809", "12345678", "123456", "0000000000000", "abcdefghij"):
        assert portal.browser().sends("/enrol/letter", number=person.number, code=digits).status_code == 422
    assert town.database.rows("select count(*) from attempt where customer_id = %s", person.id) == [(0,)]


def test_guessing_letter_codes_ends_after_five_tries(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    statuses = [
        portal.browser().sends("/enrol/letter", number=person.number, code="0123456789").status_code for _ in range(6)
    ]
    assert statuses == [422] * 5 + [429]


def test_an_attempt_that_was_not_the_portals_opens_nothing(portal: Portal, town: Town, gate: Gate) -> None:
    """Whoever proves a letter code in a call at the hotline has opened no portal."""
    person = town.person("4809")
    code = letter_code(town, person, printed=datetime.now(UTC) - timedelta(days=3))
    with gate.client() as partner:
        body = {"brand": "nordfunk", "customer_number": person.number, "digits": code, "call_id": "a-call"}
        assert partner.post("/v1/verifications", json=body).json()["result"] == "verified"
    [(call, attempt)] = town.database.rows("select id, attempt_id from call where ref = 'a-call'")
    with town.database.connect(Role.PORTAL) as role:
        assert role.execute("select enrol_by_letter(%s, %s, now())", (call, attempt)).fetchone() == (None,)


def test_an_sms_that_comes_too_late_is_given_up_and_one_that_is_deferred_goes_again(
    portal: Portal, town: Town, centre: SmsCentre
) -> None:
    person = town.person()
    follow_link(portal, person)
    now = datetime.now(UTC)
    centre.status = 503
    with town.database.connect(Role.CUSTODY) as custody:
        custody.execute("delete from sms where customer_id <> %s", (person.id,))
        assert not send_one_sms(custody, town.database.custody, centre.gateway, now)
        assert town.database.rows("select tries, last_problem from sms") == [(1, "the gateway answered 503")]
        assert send_one_sms(custody, town.database.custody, centre.gateway, now + timedelta(minutes=11))
    assert town.database.rows("select failed_at is not null, sealed from sms") == [(True, None)]
