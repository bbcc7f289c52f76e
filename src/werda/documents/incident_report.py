"""The report of an incident for people: what it is, who must be told by when, and what happened in order (A7).

It helps whoever writes to the authority; it is no notice itself. The longest timelines are cut here and whole in JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from werda.core.call import Channel
from werda.core.incident import DEADLINES, Incident, Recipient
from werda.core.method import Method
from werda.core.verdict import Outcome
from werda.documents.typesetting import Content, typeset
from werda.documents.wording import Wording, wording

MOST_LINES: Final = 2_000
_SLUGS: Final = frozenset(each.slug for kind in (Outcome, Method, Channel) for each in kind)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline; fields as in `store.queries.incident_timeline.Moment`."""

    at: datetime | None
    what: str
    id: str
    customer: str
    call: str
    said: str
    by: str
    marked: bool
    hash: str


@dataclass(frozen=True, slots=True)
class Report:
    """An incident with its timeline. `language` is `de` or `en`; times are shown by the clocks of `zone`."""

    incident: Incident
    lines: Sequence[Line]
    zone: ZoneInfo
    language: str
    made_at: datetime


def incident_report(report: Report) -> bytes:
    """The report as PDF. Raises `Unprintable`, `PaperFailed`."""
    return typeset(content(report), made_at=report.made_at)


def content(report: Report) -> Content:
    """What the template is given."""
    words = wording("de-sie" if report.language == "de" else "en")
    incident = report.incident
    times = _Times(report.zone)
    told = [
        [words.say(f"incident.recipient.{recipient}"), words.say("incident.told", at=times.of(at))]
        for recipient, at in incident.told.items()
        if recipient not in DEADLINES
    ]
    return {
        "template": "incident-report",
        "language": words.language,
        "brand": {"name": incident.brand},
        "title": words.say("incident.title", number=str(incident.id)),
        "pages": words.raw("incident.pages"),
        "running": words.say("incident.running", made=times.of(report.made_at), zone=report.zone.key),
        "facts": [
            [words.say("incident.brand"), incident.brand],
            [words.say("incident.state"), words.say(f"incident.is_{incident.state}")],
            [words.say("incident.reason"), incident.reason],
            [words.say("incident.known"), times.of(incident.known_at)],
            [words.say("incident.opened"), f"{times.of(incident.opened_at)}, {incident.opened_by}"],
            [
                words.say("incident.size"),
                words.say("incident.holds", attempts=str(incident.attempts), customers=str(incident.customers)),
            ],
        ],
        "clocks_title": words.say("incident.clocks"),
        "clocks": [
            [
                words.say(f"incident.recipient.{clock.recipient}"),
                words.say("incident.due", at=times.of(clock.due_at)),
                words.say(f"incident.clock.{clock.standing}")
                + (f" {times.of(clock.told_at)}" if clock.told_at else ""),
            ]
            for clock in incident.clocks(report.made_at)
        ],
        "told": told,
        "timeline_title": words.say("incident.timeline"),
        "note": words.say("incident.proof")
        + ("" if len(report.lines) <= MOST_LINES else " " + words.say("incident.cut", lines=str(MOST_LINES))),
        "columns": [words.say(f"incident.column.{name}") for name in ("time", "what", "whose", "said")],
        "lines": [_line(line, words, times) for line in report.lines[:MOST_LINES]],
    }


def _line(line: Line, words: Wording, times: "_Times") -> dict[str, object]:
    said = line.said
    if line.what == "attempt":
        said = " ".join(_word(word, words) for word in said.split(" "))
    for recipient in Recipient if line.what == "entry" else ():
        said = said.replace(f"told {recipient}", words.say(f"incident.entry.{recipient}"), 1)
    return {
        "time": times.of(line.at) if line.at else "–",
        "what": words.say(f"incident.what.{line.what}"),
        "id": line.id,
        "marked": line.marked,
        "whose": [each for each in (line.customer, line.call) if each],
        "said": said,
        "by": line.by,
        "hash": line.hash,
    }


def _word(word: str, words: Wording) -> str:
    """A stored name in the reader's language; a caller's number and a trunk stay what they are."""
    return words.say(f"incident.word.{word}") if word in _SLUGS else word


class _Times:
    """Moments by the brand's clocks, to the second."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def of(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z}"
