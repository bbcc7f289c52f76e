"""The history as it is read: days, and in each the lines, in words."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core import signing
from django.utils.translation import gettext as _

from werda.core.audit import Log
from werda.core.policy import Operation
from werda.core.short_number import shorten
from werda.core.verdict import Outcome
from werda.portal.history.words import CHANNELS, EVENTS, METHODS, OPERATIONS, REFUSED, VERIFIED, State
from werda.store.queries.history import Attempt, Event, Place

_SALT = "history"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `attempt_id` names it in a report; `own` says that this very session did it."""

    at: datetime
    what: str
    icon: str
    where: str
    how: str
    number: str
    state: State | None
    attempt_id: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day by the brand's clocks, the newest line first."""

    date: date
    lines: Sequence[Line]


def days(rows: Sequence[Attempt | Event], zone: ZoneInfo, actor: str) -> list[Day]:
    """Rows, newest first, as days; `actor` is who reads."""
    lines = [_attempt(row, zone) if isinstance(row, Attempt) else _event(row, zone, actor) for row in rows]
    return [Day(day, list(of_day)) for day, of_day in itertools.groupby(lines, key=lambda line: line.at.date())]


def _attempt(row: Attempt, zone: ZoneInfo) -> Line:
    verified = row.outcome is Outcome.VERIFIED
    number = shorten(row.calling_number)
    return Line(
        at=row.place.at.astimezone(zone),
        what=_("Call to the hotline"),
        icon="phone",
        where=str(CHANNELS[row.channel]),
        how=str(METHODS[row.method]),
        number=_("from %(number)s") % {"number": number} if number else _("number withheld"),
        state=VERIFIED[row.level] if verified else REFUSED[row.outcome],
        attempt_id=row.place.id,
        own=False,
    )


def _event(row: Event, zone: ZoneInfo, actor: str) -> Line:
    said = EVENTS[row.kind]
    more = _more(row)
    return Line(
        at=row.place.at.astimezone(zone),
        what=f"{said.word}: {more}" if more else str(said.word),
        icon=said.icon,
        where=_where(row),
        how=str(row.detail.get("device", "")),
        number="",
        state=None,
        attempt_id=None,
        own=row.actor == actor,
    )


def _more(row: Event) -> str:
    """What exactly, where the event says it: only what has words of its own."""
    operation = row.detail.get("operation")
    if operation in {known.value for known in Operation}:
        return str(OPERATIONS[Operation(operation)])
    if row.detail.get("what") == "customer_code":
        return _("customer code")
    if row.detail.get("what") == "sim":
        return _("PIN and PUK")
    return {"yes": _("yes"), "no": _("no")}.get(str(row.detail.get("answer")), "")


def _where(row: Event) -> str:
    """Who or what did it: of an agent no more than that it was one."""
    if row.actor.startswith("agent:"):
        return _("Customer care")
    if row.actor.startswith("customer"):
        place = row.detail.get("place") or row.shown_in
        return _("App") if place == "app" else _("Portal")
    if row.actor == "link":
        return _("Link in a mail")
    return _("by itself") if row.actor == "worker" else _("Provider")


def cursor_of(place: Place) -> str:
    """Where a page begins, for an address; nobody reads or makes one but this portal."""
    return signing.dumps([place.at.isoformat(), int(place.log), place.id], salt=_SALT)


def place_of(cursor: str) -> Place | None:
    """The place that a cursor names; None for none, and for one that is not ours: then history begins at its top."""
    try:
        at, log, row_id = signing.loads(cursor[:300], salt=_SALT)
    except signing.BadSignature:
        return None
    return Place(datetime.fromisoformat(at), Log(log), row_id)
