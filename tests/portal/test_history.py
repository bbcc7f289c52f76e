"""History: everything about me, in words, page by page; "that was not me" locks at once and opens one case."""

import html
import re
from collections.abc import Iterator

import pytest

from tests.gates import Gate, running_gate
from tests.people import Person, Town
from tests.portal.test_code_and_sim import hotline_says
from tests.portals import Browser, Portal
from werda.core.audit import EventKind
from werda.core.call import Channel
from werda.core.level import Level
from werda.core.method import Method
from werda.core.notice import NoticeKind
from werda.core.policy import Operation
from werda.core.verdict import Outcome
from werda.portal.history import words


@pytest.fixture(scope="module")
def gate(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with running_gate(town.database, tmp_path_factory.mktemp("gate") / "gate.log") as running:
        yield running


def text_of(page: str) -> str:
    """What a person reads: no tags, one space between words."""
    main = page.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def attempts_on(page: str) -> list[str]:
    return re.findall(r'name="attempt" value="(\d+)"', page)


# The words -----------------------------------------------------------------------------------------------------------


def test_every_kind_of_event_has_words_or_is_of_others_affairs() -> None:
    assert set(words.EVENTS) | words.NOT_THEIRS == set(EventKind)
    assert not set(words.EVENTS) & words.NOT_THEIRS


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (Channel, words.CHANNELS),
        (Method, words.METHODS),
        (Operation, words.OPERATIONS),
        (NoticeKind, words.NOTICES),
        (Level, words.VERIFIED),
    ],
)
def test_everything_a_line_names_has_a_word(kinds: type, said: object) -> None:
    assert set(kinds) == set(said)  # type: ignore[call-overload]


def test_every_outcome_has_a_word() -> None:
    assert {Outcome.VERIFIED, *words.REFUSED} == set(Outcome)


# The list ------------------------------------------------------------------------------------------------------------


def test_attempts_at_the_hotline_stand_in_the_history_in_words(portal: Portal, town: Town, gate: Gate) -> None:  # D4
    person = town.person("4809", puks=("12345678",))
    browser = portal.signed_in(person)
    assert hotline_says(gate, person, person.wrong, "h-1", source={"calling_number": "+4917655500042"}) == "refused"
    assert hotline_says(gate, person, "12345678", "h-2") == "verified"
    page = browser.page("/history?show=calls")
    shown = text_of(page)
    assert "passte nicht" in shown
    assert "legitimiert, Stufe 1" in shown
    assert "Kundenkennzahl · von 0176…42" in shown
    assert "PUK · Rufnummer unterdrückt" in shown
    assert "17655500042" not in page
    assert "12345678" not in page  # B9
    assert person.wrong not in shown
    assert shown.index("Stufe 1") < shown.index("passte nicht"), "the newest comes first"


def test_the_history_narrows_to_calls_changes_and_sign_ins(portal: Portal, town: Town, gate: Gate) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    hotline_says(gate, person, "4809", "h-3")
    browser.sends("/code-and-sim/display")
    everything, calls, changes, sign_ins = (
        text_of(browser.page(f"/history{query}")) for query in ("", "?show=calls", "?show=changes", "?show=sign-ins")
    )
    for line in ("legitimiert, Stufe 1", "Anzeige gesperrt", "Angemeldet"):
        assert line in everything
    assert "Anzeige gesperrt" not in calls + sign_ins
    assert "legitimiert" not in changes + sign_ins
    assert "Angemeldet" in sign_ins
    assert "Angemeldet" not in calls + changes
    assert text_of(browser.page("/history?show=nonsense")) == everything


def test_pages_follow_each_other_without_gap_or_repetition(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    with town.database.connect() as owner:
        owner.execute(
            "insert into event (at, kind, brand_id, customer_id, actor, detail)"
            " select now() - interval '1 hour' * (n / 2), 'sim:blocked', %s, %s, 'operator', '{}'"
            " from generate_series(1, 61) n",
            (town.brand, person.id),
        )
    address, seen = "/history?show=changes", 0
    for _ in range(5):
        page = browser.page(address)
        seen += text_of(page).count("SIM gesperrt Anbieter")
        found = re.search(r'href="(/history\?before=[^"]+)"', page)
        if found is None:
            break
        address = html.unescape(found[1])
    assert seen == 61
    assert text_of(browser.page("/history?show=changes&before=made-up")).count("SIM gesperrt Anbieter") == 25


def test_days_and_hours_are_those_of_the_brand(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    browser = portal.signed_in(person)
    with town.database.connect() as owner:
        owner.execute(
            "insert into event (at, kind, brand_id, customer_id, actor, detail)"
            " values ('2026-06-30 22:30+00', 'sim:blocked', %s, %s, 'operator', '{}')",
            (town.brand, person.id),
        )
    shown = text_of(browser.page("/history?show=changes"))
    assert "Mittwoch, 1. Juli 2026 00:30 SIM gesperrt" in shown


def test_events_of_other_peoples_affairs_and_of_other_customers_are_not_shown(portal: Portal, town: Town) -> None:
    person, other = town.person("4809"), town.person("5120")
    browser = portal.signed_in(person)
    with town.database.connect() as owner:
        for customer, kind in ((person.id, "agent:flagged"), (other.id, "sim:blocked")):
            owner.execute(
                "insert into event (at, kind, brand_id, customer_id, actor, detail)"
                " values (now(), %s, %s, %s, 'x', '{}')",
                (kind, town.brand, customer),
            )
    shown = text_of(browser.page("/history"))
    assert "SIM gesperrt" not in shown
    assert text_of(browser.page("/history?show=changes")).count("Hier ist noch nichts") == 1


# "That was not me" ---------------------------------------------------------------------------------------------------


def _case_on(page: str) -> int:
    found = re.search(r"Dein Fall hat die Nummer (\d+)", text_of(page))
    assert found is not None, page
    return int(found[1])


def _reports(browser: Browser, **fields: str) -> str:
    answer = browser.sends("/history/not-me", form_on="/history", **fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_one_tap_locks_the_hotline_and_opens_one_case(portal: Portal, town: Town, gate: Gate) -> None:  # A7, E5
    person = town.person("4809")
    browser = portal.signed_in(person)
    with portal.database.connect() as owner:  # locking needs one factor, and no fresh login
        owner.execute(
            "update portal_session set fresh_at = now() - interval '1 day' where customer_id = %s", (person.id,)
        )
    assert hotline_says(gate, person, person.wrong, "h-4") == "refused"
    [attempt] = attempts_on(browser.page("/history?show=calls"))
    page = _reports(browser, attempt=attempt)
    case = _case_on(page)
    assert hotline_says(gate, person, "4809", "h-5") == "refused"
    assert portal.database.rows("select attempt_id from incident_attempt where incident_id = %s", case) == [
        (int(attempt),)
    ]
    assert _case_on(_reports(browser, attempt=attempt)) == case, "a second tap shows the same case"
    assert _case_on(_reports(browser)) == case
    notices = portal.database.rows("select kind from notice where customer_id = %s", person.id)
    assert notices.count(("reported",)) == 1
    for offered in ("/code-and-sim/change", "/history/sign-out-others", "/history/reports"):
        assert offered in page


def test_somebody_elses_attempt_cannot_be_reported(portal: Portal, town: Town, gate: Gate) -> None:  # A4
    me, other = town.person("4809"), town.person("5120")
    hotline_says(gate, other, other.wrong, "h-6")
    [(attempt,)] = portal.database.rows("select id from attempt where customer_id = %s", other.id)
    browser = portal.signed_in(me)
    for named in (str(attempt), "0", "-1", "x", "9" * 40, "1 or 1=1"):
        assert browser.sends("/history/not-me", form_on="/history", attempt=named).status_code == 404
    assert hotline_says(gate, me, "4809", "h-7") == "verified", "nothing was locked"


def test_a_report_stands_open_until_the_operator_closes_it(portal: Portal, town: Town) -> None:  # A7
    browser = portal.signed_in(town.person("4809"))
    assert "Du hast nichts gemeldet" in text_of(browser.page("/history/reports"))
    case = _case_on(_reports(browser))
    assert f"Fall {case} offen" in text_of(browser.page("/history/reports"))
    with portal.database.connect() as owner:
        owner.execute("update incident set closed_at = now() where id = %s", (case,))
    assert f"Fall {case} abgeschlossen" in text_of(browser.page("/history/reports"))
    neighbour = portal.signed_in(town.person("5120"))
    assert f"Fall {case}" not in text_of(neighbour.page("/history/reports"))


def test_after_a_report_everybody_else_can_be_signed_out(portal: Portal, town: Town) -> None:
    person = town.person("4809")
    thief = portal.signed_in(person)
    browser = portal.browser()
    browser.signs_in(person.number)
    answer = browser.sends("/history/sign-out-others", form_on="/history")
    assert "Jetzt ist nur noch dieser Browser angemeldet" in text_of(answer.text)
    assert thief.get("/history").headers["Location"].startswith("/sign-in")
    assert browser.get("/history").status_code == 200


# Notices -------------------------------------------------------------------------------------------------------------


def _told(portal: Portal, person: Person) -> set[object]:
    return {
        channel
        for (channel,) in portal.database.rows(
            "select channel from notice where customer_id = %s and kind = 'hotline_locked'", person.id
        )
    }


@pytest.mark.parametrize(("email", "channel"), [("", "portal"), (None, None)], ids=["without e-mail", "with e-mail"])
def test_notices_shown_count_as_told_only_where_no_mail_tells_them(
    portal: Portal, town: Town, email: str | None, channel: str | None
) -> None:  # C8
    person = town.person("4809")
    browser = portal.signed_in(person)
    with portal.database.connect() as owner:
        if email is not None:
            owner.execute("update customer set email = %s where id = %s", (email, person.id))
        owner.execute(
            "insert into notice (brand_id, customer_id, kind, created_at) values (%s, %s, 'hotline_locked', now())",
            (town.brand, person.id),
        )
    assert "nach zu vielen Fehlversuchen gesperrt" in text_of(browser.page("/history/notices"))
    assert _told(portal, person) == {channel}
