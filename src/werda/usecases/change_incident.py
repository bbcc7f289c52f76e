"""What happens to an incident after it was opened: a note, somebody was told, it is closed (A7).

Each is an entry of the incident and an event. Who was told when is never changed; a correction is a note.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from werda.core.audit import EventKind
from werda.core.incident import Incident, Recipient, bad_moment, bad_text
from werda.store.queries.incident import incidents
from werda.usecases.sim_change import record

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class NotChanged:
    """Nothing was written; `why` says what to do."""

    why: str


def note(connection: Connection, incident_id: int, text: str, *, actor: str, now: datetime) -> Incident | NotChanged:
    """Write something down; of a closed incident, too."""
    with connection.transaction():
        found = _held(connection, incident_id, text, open_only=False)
        if isinstance(found, Incident):
            _entry(connection, found, EventKind.INCIDENT_CHANGED, text, at=now, actor=actor, now=now)
        return found


def notified(
    connection: Connection,
    incident_id: int,
    recipient: Recipient,
    *,
    at: datetime,
    text: str,
    actor: str,
    now: datetime,
) -> Incident | NotChanged:
    """Somebody was told at `at`; a clock stops then."""
    with connection.transaction():
        found = _held(connection, incident_id, text or "-", open_only=False)
        if isinstance(found, NotChanged):
            return found
        if recipient in found.told:
            return NotChanged(
                f"{recipient} was told already, at {found.told[recipient]:%Y-%m-%d %H:%M %Z}; write a note"
            )
        if why := bad_moment(at, found.known_at, now):
            return NotChanged(f"the time {why}")
        _entry(connection, found, EventKind.INCIDENT_CHANGED, text, at=at, actor=actor, now=now, recipient=recipient)
        return _again(connection, incident_id)


def close(connection: Connection, incident_id: int, text: str, *, actor: str, now: datetime) -> Incident | NotChanged:
    """End it. `text` says why, above all where an authority was not told (GDPR Art. 33(5))."""
    with connection.transaction():
        found = _held(connection, incident_id, text, open_only=True)
        if isinstance(found, NotChanged):
            return found
        connection.execute("update incident set closed_at = %s where id = %s", (now, incident_id))
        _entry(connection, found, EventKind.INCIDENT_CLOSED, text, at=now, actor=actor, now=now)
        return _again(connection, incident_id)


def _held(connection: Connection, incident_id: int, text: str, *, open_only: bool) -> Incident | NotChanged:
    """The incident, locked until the transaction ends."""
    if why := bad_text(text):
        return NotChanged(f"the text {why}")
    if connection.execute("select 1 from incident where id = %s for no key update", (incident_id,)).fetchone() is None:
        return NotChanged(f"there is no incident {incident_id}; `werda incident list --all` shows them")
    found = _again(connection, incident_id)
    if open_only and found.closed_at is not None:
        return NotChanged("it is closed already; write a note")
    return found


def _again(connection: Connection, incident_id: int) -> Incident:
    [found] = incidents(connection, incident_id=incident_id)
    return found


def _entry(
    connection: Connection, incident: Incident, kind: EventKind, text: str, *, at: datetime, actor: str, now: datetime,
    recipient: Recipient | None = None,
) -> None:  # fmt: skip
    connection.execute(
        "insert into incident_entry (incident_id, written_at, at, actor, recipient, text)"
        " values (%s, %s, %s, %s, %s, %s)",
        (incident.id, now, at, actor, recipient and recipient.value, text),
    )
    brand = connection.execute("select brand_id from incident where id = %s", (incident.id,)).fetchone()
    assert brand is not None
    detail = {"incident": incident.id} | ({"told": recipient.value, "at": at.isoformat()} if recipient else {})
    record(connection, kind, brand_id=brand[0], customer_id=None, actor=actor, now=now, detail=detail)
