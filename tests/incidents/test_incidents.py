"""Incidents from marking to closing, with the timeline that `werda audit` can prove (A7, B9)."""

import csv
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.database import werda
from tests.engines import Clock, Desk
from tests.people import AFTER_THE_DATE, Person, Town
from werda.core.audit import AttemptRow, attempt_line, line_hash
from werda.core.call import Source
from werda.core.incident import Incident, Recipient, State
from werda.core.incident_query import Where
from werda.core.verdict import Outcome, Verified
from werda.store.queries.incident import incidents
from werda.store.queries.incident_timeline import Moment, timeline
from werda.store.roles import Role
from werda.usecases.change_incident import NotChanged, close, note, notified
from werda.usecases.open_incident import (
    NothingThere,
    OfAttempt,
    OfCall,
    OfCustomer,
    Opened,
    Subject,
    open_incident,
)
from werda.usecases.warn_of_incidents import warn_of_incidents

NOW = AFTER_THE_DATE
CARRIER = Source(calling_number="+4930999001", trunk="carrier-2")


def mark(town: Town, subject: Subject, *, dry_run: bool = False) -> Opened | NothingThere:
    with town.database.connect(Role.CUSTODY) as custody:
        return open_incident(
            custody, subject, brand_id=town.brand, reason="Verdacht", known_at=NOW, actor="operator", now=NOW,
            dry_run=dry_run,
        )  # fmt: skip


def opened(town: Town, subject: Subject) -> int:
    found = mark(town, subject)
    assert isinstance(found, Opened)
    assert found.incident_id is not None
    return found.incident_id


def told_of(town: Town, incident_id: int) -> tuple[Incident, list[Moment]]:
    with town.database.connect(Role.CUSTODY) as custody:
        [incident] = incidents(custody, incident_id=incident_id)
        return incident, timeline(custody, incident, NOW + timedelta(days=1))


async def two_calls(town: Town, desk: Desk, clock: Clock) -> tuple[Person, Person]:
    """Maren is guessed at from a trunk and let in; Jonas calls as ever."""
    maren, jonas = town.person("8305"), town.person("2931")
    clock.now = NOW - timedelta(hours=2)
    await desk.offer(maren, maren.wrong, source=CARRIER, call_ref="attack")
    clock.now = NOW - timedelta(hours=1)
    assert isinstance(await desk.offer(maren, "8305", source=CARRIER, call_ref="attack"), Verified)
    await desk.offer(jonas, "2931")
    return maren, jonas


async def test_a_call_is_marked_with_its_attempts_and_customer(town: Town, desk: Desk, clock: Clock) -> None:
    """A7"""
    maren, _ = await two_calls(town, desk, clock)
    assert mark(town, OfCall("attack"), dry_run=True) == Opened(None, 2, 1)
    assert town.database.rows("select count(*) from incident") == [(0,)]
    incident, moments = told_of(town, opened(town, OfCall("attack")))
    assert (incident.attempts, incident.customers, incident.state) == (2, 1, State.OPEN)
    attempts = [moment for moment in moments if moment.what == "attempt"]
    assert [(each.said.split()[0], each.customer, each.call, each.marked) for each in attempts] == [
        ("wrong", maren.number, "attack", True),
        ("verified", maren.number, "attack", True),
    ]
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments if moment.at)
    assert [moment.said.split()[0] for moment in moments if moment.what == "event"] == ["incident:opened"]


async def test_the_hashes_are_those_of_the_log(town: Town, desk: Desk, clock: Clock) -> None:
    """A7: the audit proves what an export says."""
    await two_calls(town, desk, clock)
    _, moments = told_of(town, opened(town, OfCall("attack")))
    columns = ", ".join(AttemptRow.__slots__)
    rows = [AttemptRow(*row) for row in town.database.rows(f"select {columns} from attempt")]
    hashes = {str(row.id): line_hash(attempt_line(row)).hex() for row in rows}
    shown = {moment.id: moment.hash for moment in moments if moment.what == "attempt"}
    assert shown
    assert shown.items() <= hashes.items()


async def test_an_attempt_and_a_customer_can_be_marked(town: Town, desk: Desk, clock: Clock) -> None:
    """A7"""
    maren, _ = await two_calls(town, desk, clock)
    [(attempt,)] = town.database.rows("select id from attempt where outcome = 0 and customer_id = %s", maren.id)
    incident, moments = told_of(town, opened(town, OfAttempt(attempt)))
    assert (incident.attempts, incident.customers) == (1, 1)
    assert [m.marked for m in moments if m.what == "attempt"] == [False, True], "the whole call is told"
    incident, moments = told_of(town, opened(town, OfCustomer(maren.number)))
    assert (incident.attempts, incident.customers) == (0, 1)
    assert len([m for m in moments if m.what == "attempt"]) == 2


async def test_a_mass_incident_holds_what_the_query_finds(town: Town, desk: Desk, clock: Clock) -> None:
    """A7"""
    await two_calls(town, desk, clock)
    day = NOW - timedelta(days=1)
    everything = Where(day, NOW)
    assert mark(town, everything, dry_run=True) == Opened(None, 3, 2)
    assert mark(town, Where(day, NOW, trunk="carrier-2"), dry_run=True) == Opened(None, 2, 1)
    assert mark(town, Where(day, NOW, block="+4930999"), dry_run=True) == Opened(None, 2, 1)
    assert mark(town, Where(day, NOW, outcome=Outcome.WRONG), dry_run=True) == Opened(None, 1, 1)
    assert isinstance(mark(town, Where(day, NOW, trunk="' or true --")), NothingThere)
    assert isinstance(mark(town, Where(day, day + timedelta(hours=1))), NothingThere)
    incident, _ = told_of(town, opened(town, everything))
    assert (incident.attempts, incident.customers) == (3, 2)


@pytest.mark.parametrize("subject", [OfCall("nobody"), OfAttempt(7), OfCustomer("K9")])
def test_what_is_not_there_opens_nothing(town: Town, subject: Subject) -> None:
    assert isinstance(mark(town, subject), NothingThere)
    assert town.database.rows("select count(*) from event where kind = 'incident:opened'") == [(0,)]


def test_telling_and_closing_are_recorded_once(town: Town) -> None:
    """A7"""
    maren = town.person()
    number = opened(town, OfCustomer(maren.number))
    with town.database.connect(Role.CUSTODY) as custody:
        done = notified(
            custody, number, Recipient.BNETZA, at=NOW, text="per Formular", actor="op", now=NOW + timedelta(hours=1)
        )
        assert isinstance(done, Incident)
        assert (done.state, done.told) == (State.NOTIFIED, {Recipient.BNETZA: NOW})
        again = notified(custody, number, Recipient.BNETZA, at=NOW, text="", actor="op", now=NOW + timedelta(hours=2))
        assert isinstance(again, NotChanged)
        early = notified(custody, number, Recipient.BFDI, at=NOW - timedelta(1), text="", actor="op", now=NOW)
        assert isinstance(early, NotChanged)
        assert isinstance(close(custody, number, "geklärt", actor="op", now=NOW + timedelta(hours=3)), Incident)
        assert isinstance(close(custody, number, "nochmal", actor="op", now=NOW), NotChanged)
        assert isinstance(note(custody, number, "Nachtrag", actor="op", now=NOW + timedelta(hours=4)), Incident)
        assert isinstance(note(custody, number, "Kennzahl 4 7 1 1", actor="op", now=NOW), NotChanged)
        assert isinstance(note(custody, 99, "x", actor="op", now=NOW), NotChanged)
    kinds = town.database.rows("select kind from event where kind like 'incident:%%' order by id")
    assert [kind for (kind,) in kinds] == [
        "incident:opened", "incident:changed", "incident:closed", "incident:changed",
    ]  # fmt: skip


def test_each_deadline_is_warned_of_once_before_its_end(town: Town) -> None:
    """A7"""
    number = opened(town, OfCustomer(town.person().number))

    def warned(hours: float) -> int:
        with town.database.connect(Role.CUSTODY) as custody:
            return warn_of_incidents(custody, NOW + timedelta(hours=hours))

    assert [warned(hours) for hours in (1, 18.1, 18.2, 30, 66.1, 90)] == [0, 1, 0, 0, 1, 0]
    rows = town.database.rows("select type, body from outbox_message order by id")
    assert [(kind, json.loads(body)["data"]["recipient"]) for kind, body in rows] == [
        ("org.werda.incident.due.v1", "bnetza"),
        ("org.werda.incident.due.v1", "bfdi"),
    ]
    assert town.database.rows("select due from gate_incidents_due()") == [(2,)]
    with town.database.connect(Role.CUSTODY) as custody:
        notified(custody, number, Recipient.BNETZA, at=NOW, text="", actor="op", now=NOW)
    assert town.database.rows("select due from gate_incidents_due()") == [(1,)]


async def test_an_erased_attempt_leaves_its_hash_in_the_timeline(town: Town, desk: Desk, clock: Clock) -> None:
    """A7, A9: the customer was erased after the incident was closed."""
    maren, _ = await two_calls(town, desk, clock)
    number = opened(town, OfCall("attack"))
    before = {moment.id: moment.hash for moment in told_of(town, number)[1] if moment.marked}
    with town.database.connect(Role.CUSTODY) as custody:
        custody.execute("update customer set ended_at = %s where id = %s", (NOW, maren.id))
        custody.execute("select erase_records_of(%s, %s)", (maren.id, NOW))
    gone = [moment for moment in told_of(town, number)[1] if moment.what == "attempt"]
    assert {moment.id: moment.hash for moment in gone} == before
    assert {moment.said for moment in gone} == {"erased"}


def incident(town: Town, *arguments: str) -> tuple[int, str, str]:
    done = werda("incident", *arguments, environment=town.database.environment)
    return done.returncode, done.stdout, done.stderr


async def test_the_operator_marks_tells_and_exports(town: Town, desk: Desk, clock: Clock, tmp_path: Path) -> None:
    """A7, B9: from the first look to a closed incident, as the command line does it."""
    maren, _ = await two_calls(town, desk, clock)
    query = ("--brand", "nordfunk", "--where", "from=2026-06-01T00:00:00", "--where", "trunk=carrier-2")
    code, out, _ = incident(town, "open", *query, "--reason", "Angriff über eine Leitung", "--dry-run")
    assert (code, out) == (0, "it would hold 2 attempts of 1 customers\n")
    code, out, _ = incident(town, "open", *query, "--reason", "Angriff über eine Leitung", "--json")
    number = str(json.loads(out)["incident"])
    assert code == 0
    assert incident(town, "notified", number, "--to", "bnetza")[0] == 0
    code, out, _ = incident(town, "list", "--json")
    [shown] = json.loads(out)
    assert [(c["recipient"], c["standing"]) for c in shown["clocks"]] == [("bnetza", "told"), ("bfdi", "running")]
    for name in ("timeline.json", "timeline.csv", "report.pdf"):
        file = tmp_path / name
        code, _, error = incident(town, "export", number, str(file))
        assert code == 0, error
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    exported = json.loads((tmp_path / "timeline.json").read_text())
    assert {line["customer"] for line in exported["timeline"] if line["what"] == "attempt"} == {maren.number}
    assert all(maren.code not in line["said"] + line["by"] for line in exported["timeline"]), "B9"
    rows = list(csv.DictReader((tmp_path / "timeline.csv").read_text().splitlines()))
    assert len(rows) == len(exported["timeline"])
    assert incident(town, "export", number, str(tmp_path / "report.pdf"))[0] == 2, "an existing file is never replaced"
    assert incident(town, "close", number, "--text", "geklärt")[0] == 0
    assert incident(town, "list")[1] == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("open", "--brand", "nordfunk", "--reason", "x"), "name one of --call"),
        (("open", "--brand", "nordfunk", "--reason", "es war 4711", "--call", "a"), "four digits in a row"),
        (("open", "--brand", "nordfunk", "--reason", "x", "--where", "sql=1"), "knows no such filter"),
        (("show", "7"), "there is no incident 7"),
    ],
)
def test_bad_input_is_told_what_to_do(town: Town, arguments: tuple[str, ...], told: str) -> None:
    code, _, error = incident(town, *arguments)
    assert code == 2
    assert told in error
