"""Opening hours as people read them: days with the same hours are one line."""

from dataclasses import dataclass
from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR

from werda.core.policy import OpeningHours, Policy, Span


@dataclass(frozen=True, slots=True)
class Line:
    """Days and their hours; without hours the hotline is closed on them."""

    days: str
    hours: str


def said_hours(policy: Policy | None) -> list[Line]:
    """The hours of the policy in force; none when the hotline is always open."""
    return _lines(policy.hours) if policy is not None and policy.hours is not None else []


def _lines(hours: OpeningHours) -> list[Line]:
    lines = []
    for spans, days in groupby(range(7), key=lambda day: hours.week[day]):
        names = [str(WEEKDAYS_ABBR[day]) for day in days]
        said = names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}"
        lines.append(Line(said, ", ".join(_said(span) for span in spans)))
    return lines


def _said(span: Span) -> str:
    return f"{span.start // 60:02}:{span.start % 60:02}–{span.end // 60:02}:{span.end % 60:02}"
