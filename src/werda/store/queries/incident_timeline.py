"""Everything that happened around an incident, in the order of time (A7): attempts, events, orders and entries.

Attempts and events carry their number and the hash that the log's seal covers, so that `werda audit` can prove them;
of one that was erased the hash is all that stays (A9). Nothing here is or was a secret (B9).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from werda.core.audit import AttemptRow, EventRow, attempt_line, event_line, line_hash
from werda.core.call import Channel
from werda.core.incident import Incident
from werda.core.method import Method
from werda.core.verdict import Outcome

_SCOPE: Final = (
    "with marked as (select attempt_id as id from incident_attempt where incident_id = %(id)s),"
    " concerned as (select customer_id as id from incident_customer where incident_id = %(id)s),"
    " calls as (select call_id as id from incident_call where incident_id = %(id)s) "
)
_ATTEMPTS: Final = (
    "select a.* from attempt a where a.id in (select id from marked) or a.call_id in (select id from calls)"
    " or (a.customer_id in (select id from concerned) and a.at >= %(since)s and a.at <= %(until)s)"
)
_EVENTS: Final = (
    "select e.id, e.at, e.txid, e.kind, e.brand_id, e.customer_id, e.call_id, e.actor, e.detail::text as detail, e.salt"
    " from event e where e.brand_id = %(brand)s and e.at >= %(since)s and e.at <= %(until)s"
    " and (e.customer_id in (select id from concerned) or e.call_id in (select id from calls)"
    "  or e.kind like 'incident:%%' and e.detail ->> 'incident' = %(id)s::text)"
)
_ORDERS: Final = (
    "select o.public_id::text, o.kind, o.ordered_at, o.state, o.settled_at, o.customer_id from operator_order o"
    " where o.customer_id in (select id from concerned) and o.ordered_at >= %(since)s and o.ordered_at <= %(until)s"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline. `id` and `hash` (hex) are what the log knows it by; `customer` is a customer number.

    `what` is the kind: attempt, event, order or entry. `marked` attempts are those the incident was opened for.
    """

    at: datetime | None
    what: str
    id: str
    customer: str
    call: str
    said: str
    by: str
    marked: bool
    hash: str


def timeline(connection: psycopg.Connection[Any], incident: Incident, now: datetime) -> list[Moment]:
    """The timeline from `incident.since` until it was closed, or until now."""
    brand = connection.execute("select brand_id from incident where id = %s", (incident.id,)).fetchone()
    assert brand is not None
    values = {"id": incident.id, "brand": brand[0], "since": incident.since, "until": incident.closed_at or now}
    numbers = _names(
        connection, "select id, customer_number from customer where id in (select id from concerned)", values
    )
    calls = _names(connection, "select id, ref from call where id in (select id from calls)", values)
    found = [
        *_attempts(connection, values, numbers, calls),
        *_events(connection, values, numbers, calls),
        *_orders(connection, values, numbers),
        *_entries(connection, incident),
    ]
    return [*sorted(found, key=_in_time), *_erased(connection, incident.id)]


def _in_time(moment: Moment) -> tuple[datetime, str, str]:
    assert moment.at is not None
    return moment.at, moment.what, moment.id


def _names(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> dict[int, str]:
    return dict(connection.execute((_SCOPE + statement).encode(), values).fetchall())


def _attempts(
    connection: psycopg.Connection[Any], values: dict[str, Any], numbers: dict[int, str], calls: dict[int, str]
) -> Iterator[Moment]:
    marked = {
        attempt
        for (attempt,) in connection.execute(
            "select attempt_id from incident_attempt where incident_id = %(id)s", values
        )
    }
    with connection.cursor(row_factory=class_row(AttemptRow)) as cursor:
        for row in cursor.execute((_SCOPE + _ATTEMPTS).encode(), values):
            source = " ".join(filter(None, (row.calling_number, row.trunk)))
            yield Moment(
                *(row.at, "attempt", str(row.id), numbers.get(row.customer_id, "")),
                call=calls.get(row.call_id, ""),
                said=f"{Outcome(row.outcome).slug} {Method(row.method).slug} {Channel(row.channel).slug}"
                + (f" ({row.level})" if row.level else "")
                + (f" {source}" if source else ""),
                by=f"agent:{row.agent_id}" if row.agent_id else f"api_key:{row.api_key_id}" if row.api_key_id else "",
                marked=row.id in marked,
                hash=line_hash(attempt_line(row)).hex(),
            )


def _events(
    connection: psycopg.Connection[Any], values: dict[str, Any], numbers: dict[int, str], calls: dict[int, str]
) -> Iterator[Moment]:
    with connection.cursor(row_factory=class_row(EventRow)) as cursor:
        for row in cursor.execute((_SCOPE + _EVENTS).encode(), values):
            yield Moment(
                *(row.at, "event", str(row.id), numbers.get(row.customer_id or 0, "")),
                call=calls.get(row.call_id or 0, ""),
                said=row.kind if row.detail == "{}" else f"{row.kind} {row.detail}",
                by=row.actor,
                marked=False,
                hash=line_hash(event_line(row)).hex(),
            )


def _orders(connection: psycopg.Connection[Any], values: dict[str, Any], numbers: dict[int, str]) -> Iterator[Moment]:
    for public_id, kind, ordered_at, state, settled_at, customer in connection.execute(
        (_SCOPE + _ORDERS).encode(), values
    ).fetchall():
        number = numbers.get(customer, "")
        yield Moment(ordered_at, "order", public_id, number, "", f"{kind} ordered", "", marked=False, hash="")
        if settled_at is not None:
            yield Moment(settled_at, "order", public_id, number, "", f"{kind} {state}", "", marked=False, hash="")


def _entries(connection: psycopg.Connection[Any], incident: Incident) -> Iterator[Moment]:
    rows = connection.execute(
        "select id, at, recipient, text, actor from incident_entry where incident_id = %s", (incident.id,)
    )
    for entry, at, recipient, text, actor in rows.fetchall():
        said = ": ".join(filter(None, (recipient and f"told {recipient}", text)))
        yield Moment(at, "entry", str(entry), "", "", said, actor, marked=False, hash="")


def _erased(connection: psycopg.Connection[Any], incident_id: int) -> Iterator[Moment]:
    """What was marked and is gone: that it was there can still be proved. Nobody knows any more when it was."""
    rows = connection.execute(
        "select r.record_id, r.hash from erased_record r join incident_attempt m on m.attempt_id = r.record_id"
        " where m.incident_id = %s and r.log = 1 order by 1",
        (incident_id,),
    )
    for attempt, digest in rows.fetchall():
        yield Moment(None, "attempt", str(attempt), "", "", "erased", "", marked=True, hash=bytes(digest).hex())
