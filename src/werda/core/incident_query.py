"""Which attempts belong to a mass incident: a closed set of filters, all of which must hold (A7).

They are written `name=value`. What is not in `FILTERS` cannot be asked for, and no value ever becomes part of a
statement.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from werda.core.method import Method
from werda.core.toml_document import moments, why_not_one_moment
from werda.core.verdict import Outcome

FILTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "from": "from=2026-11-26T08:00:00, by the brand's clocks",
        "to": "to=2026-11-26T12:00:00, by the brand's clocks",
        "trunk": "trunk=carrier-2",
        "number": "number=+49301234567",
        "block": "block=+493012345, every calling number that begins so",
        "agent": "agent=12, the agent's number",
        "api_key": "api_key=3, the key's number",
        "method": "method=" + "|".join(method.slug for method in Method),
        "outcome": "outcome=" + "|".join(outcome.slug for outcome in Outcome),
    }
)
"""The filters, each with an example."""


@dataclass(frozen=True, slots=True)
class Where:
    """Attempts from `begin` until before `end` for which every other filter that is not None holds."""

    begin: datetime
    end: datetime
    trunk: str | None = None
    number: str | None = None
    block: str | None = None
    agent: int | None = None
    api_key: int | None = None
    method: Method | None = None
    outcome: Outcome | None = None


def parse_where(filters: Iterable[str], zone: ZoneInfo, now: datetime) -> Where | str:
    """Read filters, or say in a sentence what is wrong. `from` is required; `to` is `now` when it is left out."""
    found: dict[str, str] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if name not in FILTERS or not equals or not value:
            return f"knows no such filter; write {'; '.join(FILTERS.values())}"  # what was typed could be a code (B9)
        if name in found:
            return f"has {name} twice; write it once"
        found[name] = value
    if "from" not in found:
        return f"needs a beginning; write {FILTERS['from']}"
    times = {name: _moment(found[name], zone) for name in ("from", "to") if name in found}
    for name, moment in times.items():
        if isinstance(moment, str):
            return f"{name} {moment}"
    for name, known in _SHAPES.items():
        if name in found and not re.fullmatch(known, found[name]):
            return f"cannot read {name}; write {FILTERS[name]}"
    begin, end = times["from"], times.get("to", now)
    assert isinstance(begin, datetime)
    assert isinstance(end, datetime)
    if begin >= end:
        return "ends before it begins; write a to after from"
    return Where(
        *(begin, end, found.get("trunk"), found.get("number"), found.get("block")),
        agent=int(found["agent"]) if "agent" in found else None,
        api_key=int(found["api_key"]) if "api_key" in found else None,
        method=Method[found["method"].upper()] if "method" in found else None,
        outcome=Outcome[found["outcome"].upper()] if "outcome" in found else None,
    )


_SHAPES: Final = {
    "trunk": r"\S{1,100}",
    "number": r"\+[1-9][0-9]{6,14}",
    "block": r"\+[1-9][0-9]{2,14}",
    "agent": r"[1-9][0-9]{0,17}",
    "api_key": r"[1-9][0-9]{0,17}",
    "method": "|".join(method.slug for method in Method),
    "outcome": "|".join(outcome.slug for outcome in Outcome),
}


def _moment(text: str, zone: ZoneInfo) -> datetime | str:
    try:
        clock = datetime.fromisoformat(text)
    except ValueError:
        return f"is no time; write {FILTERS['from']}"
    named = moments(clock, zone)
    return named[0] if len(named) == 1 else why_not_one_moment(clock, zone)
