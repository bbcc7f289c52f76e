"""What happened about a customer, newest first, page by page: attempts and events in one line (D4, A8).

Read in the portal's transaction, whose views hold the session's customer alone. A page begins behind a `Place`: moment,
log and number of the last row of the page before, so that what is written in between moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from werda.core.audit import EventKind, Log
from werda.core.call import Channel
from werda.core.level import Level
from werda.core.method import Method
from werda.core.verdict import Outcome

Connection = psycopg.Connection[Any]

PAGE: Final = 25


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a row stands; a later one is greater."""

    at: datetime
    log: Log
    id: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody offered a proof."""

    place: Place
    person_id: int
    channel: Channel
    method: Method
    outcome: Outcome
    level: Level
    calling_number: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something else happened; `shown_in` is where the session that did it was, portal or app, if it is known."""

    place: Place
    kind: EventKind
    actor: str
    detail: Mapping[str, Any]
    shown_in: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows; `more` is where the next page begins, None at the end."""

    rows: Sequence[Attempt | Event]
    more: Place | None


def history(
    connection: Connection, *, attempts: bool, kinds: Sequence[EventKind], actor: str | None, person_id: int | None,
    before: Place | None, size: int = PAGE,
) -> Page:  # fmt: skip
    """A page of attempts, if wanted, and of events of these kinds.

    A representative sees their own: attempts of `person_id`, events whose actor begins with `actor`.
    """
    found: list[Attempt | Event] = []
    if attempts:
        found += _attempts(connection, person_id, before, size + 1)
    if kinds:
        found += _events(connection, kinds, actor, before, size + 1)
    found.sort(key=lambda row: row.place, reverse=True)
    shown = found[:size]
    return Page(shown, shown[-1].place if len(found) > size else None)


def _attempts(connection: Connection, person_id: int | None, before: Place | None, limit: int) -> list[Attempt]:
    rows = connection.execute(
        "select id, at, person_id, channel, method, outcome, level, calling_number from attempt"
        " where (%(person)s::bigint is null or person_id = %(person)s) and (%(at)s::timestamptz is null"
        "  or at <= %(at)s and (at, %(log)s::int, id) < (%(at)s, %(before_log)s, %(id)s))"
        " order by at desc, id desc limit %(limit)s",
        {"person": person_id, "limit": limit, **_behind(before, Log.ATTEMPTS)},
    ).fetchall()
    return [
        Attempt(
            Place(at, Log.ATTEMPTS, attempt_id), person, Channel(channel), Method(method), Outcome(outcome),
            Level(level), number,
        )
        for attempt_id, at, person, channel, method, outcome, level, number in rows
    ]  # fmt: skip


def _events(
    connection: Connection, kinds: Sequence[EventKind], actor: str | None, before: Place | None, limit: int
) -> list[Event]:
    rows = connection.execute(
        "select e.id, e.at, e.kind, e.actor, e.detail, coalesce((select s.place from portal_session s"
        "  where s.id::text = split_part(e.actor, ':session:', 2)), '')"
        " from event e where e.kind = any(%(kinds)s)"
        " and (%(actor)s::text is null or starts_with(e.actor, %(actor)s)) and (%(at)s::timestamptz is null"
        "  or e.at <= %(at)s and (e.at, %(log)s::int, e.id) < (%(at)s, %(before_log)s, %(id)s))"
        " order by e.at desc, e.id desc limit %(limit)s",
        {
            "kinds": [kind.value for kind in kinds],
            "actor": actor,
            "limit": limit,
            **_behind(before, Log.EVENTS),
        },
    ).fetchall()
    return [
        Event(Place(at, Log.EVENTS, event_id), EventKind(kind), actor, detail, shown_in)
        for event_id, at, kind, actor, detail, shown_in in rows
    ]


def _behind(before: Place | None, log: Log) -> dict[str, Any]:
    return {
        "at": before and before.at,
        "log": int(log),
        "before_log": before and int(before.log),
        "id": before and before.id,
    }


@dataclass(frozen=True, slots=True)
class Report:
    """What the customer reported: the case's number, and until when it was looked into."""

    number: int
    opened_at: datetime
    closed_at: datetime | None


def reports(connection: Connection) -> list[Report]:
    """The customer's reports, the newest first."""
    rows = connection.execute("select id, opened_at, closed_at from report order by opened_at desc, id desc")
    return [Report(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """Something the customer must be told, or was."""

    id: int
    kind: str
    at: datetime
    told: bool


def notices(connection: Connection, limit: int = 30) -> list[Told]:
    """What the customer is told, the newest first."""
    rows = connection.execute(
        "select id, kind, created_at, told_at is not null from notice order by created_at desc, id desc limit %s",
        (limit,),
    )
    return [Told(*row) for row in rows]
