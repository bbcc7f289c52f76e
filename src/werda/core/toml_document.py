"""Reading a TOML document so that everything wrong with it is told at once, with line and key.

A `Document` hands out values of the type and range that are asked for. What does not fit becomes a `Problem` that says
what to write instead, and the default is handed out, so that reading goes on. What nobody asked for is unknown.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Final, Self, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_NAME: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_NAMES: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE_LINE: Final = re.compile(rf"\s*\[\[?\s*({_NAMES})\s*\]")
_KEY_LINE: Final = re.compile(rf"\s*({_NAMES})\s*=")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong at `line` (from 1) with `key`, dotted from the top, empty for the document; and what to do."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: {self.message}" if self.key else f"{self.line}: {self.message}"


class Document:
    """A parsed document. `problems` and unknown keys are asked for at the end, with `finish`."""

    def __init__(self, text: str, content: dict[str, object]) -> None:
        self._values = dict(_leaves(content))
        self._lines = _lines_of_keys(text)
        self._asked: set[str] = set()
        self._problems: list[Problem] = []

    @classmethod
    def parse(cls, text: str) -> Self | Problem:
        """Read `text`, or say where it is no TOML."""
        try:
            return cls(text, tomllib.loads(text))
        except RecursionError:
            return Problem(1, "", "is nested deeper than any of our documents; take the outer brackets away")
        except ValueError as error:  # TOMLDecodeError is one, and a number of five thousand digits another
            message = str(error)
            place = re.search(r"line (\d+)", message)
            line = int(place[1]) if place else text.rstrip("\n").count("\n") + 1
            return Problem(line, "", f"is no TOML: {message}; correct the line")

    @property
    def asked(self) -> frozenset[str]:
        """All keys that were asked for so far."""
        return frozenset(self._asked)

    def has(self, key: str) -> bool:
        """Whether the document says anything under `key`, a value or a table, be it an empty one."""
        return any(name == key or name.startswith(f"{key}.") for name in self._values)

    def names_in(self, key: str) -> list[str]:
        """The names of the tables and values under `key`, in the order of the document."""
        inside = f"{key}."
        return list(dict.fromkeys(n[len(inside) :].split(".")[0] for n in self._values if n.startswith(inside)))

    def complain(self, key: str, message: str) -> None:
        """Add a problem with `key`."""
        self._problems.append(Problem(self._line_of(key), key, message))

    def finish(self) -> list[Problem]:
        """All problems in the order of the lines, unknown keys among them."""
        for key in sorted({self._unknown_part(name) for name in self._values} - {""}):
            self.complain(key, self._advice_on(key))
        return sorted(set(self._problems))

    def text(self, key: str, *, pattern: str, example: str) -> str:
        """A required text that matches `pattern` whole."""
        write = f'write {_last(key)} = "{example}"'
        value = self._take(key, str, write, required=True)
        if value is not None and not re.fullmatch(pattern, value):
            self.complain(key, f"does not look like one; {write}")
        return value or ""

    def word(self, key: str, *, words: Sequence[str], default: str) -> str:
        """One of a few words."""
        write = f"write {_last(key)} = " + " or ".join(f'"{word}"' for word in words)
        value = self._take(key, str, write)
        if value is None or value in words:
            return value or default
        self.complain(key, f"is none of these; {write}")
        return default

    def integer(self, key: str, *, default: int, low: int, high: int, why: str = "") -> int:
        """A whole number from `low` to `high`; `why` is the reason for the bounds, a requirement's id."""
        bounds = f"{low}" if low == high else f"a whole number from {low} to {high}"
        write = f"write {bounds} ({why})" if why else f"write {bounds}"
        value = self._take(key, int, write)
        if value is None:
            return default
        if not low <= value <= high:
            self.complain(key, f"is {value}; {write}")
            return default
        return value

    def items(self, key: str, kind: type[T], example: str) -> list[T] | None:
        """A list of `kind`, `None` when it is not given or is none."""
        write = f"write {_last(key)} = {example}"
        values = self._take(key, list, write)
        if values is not None and not all(type(value) is kind for value in values):
            self.complain(key, f"holds something else than it should; {write}")
            return None
        return values

    def zone(self, key: str) -> ZoneInfo:
        """A required time zone by its IANA name."""
        name = self._take(key, str, write := f'write {_last(key)} = "Europe/Berlin"', required=True)
        try:
            return ZoneInfo("UTC" if name is None else name)
        except (ValueError, OSError, LookupError):  # what zoneinfo raises for odd names depends on the name
            self.complain(key, f"is no time zone of the IANA list; {write}")
            return ZoneInfo("UTC")

    def moment(self, key: str, zone: ZoneInfo, *, required: bool = False) -> datetime | None:
        """A date with time by the clocks of `zone`, as the moment in UTC it names."""
        write = f"write {_last(key)} = 2023-02-16T00:00:00, by the clocks of {zone.key}"
        value = self._take(key, datetime, write, required=required)
        if value is None:
            return None
        named = moments(value, zone)
        if len(named) != 1:
            self.complain(key, why_not_one_moment(value, zone))
        return named[0] if named else None

    def _take(self, key: str, kind: type[T], write: str, *, required: bool = False) -> T | None:
        self._asked.add(key)
        value = self._values.get(key)
        if value is None:
            if required:
                self.complain(key, f"is missing; {write}")
            return None
        if type(value) is not kind:  # exactly: a bool is no number, and a datetime is no date
            self.complain(key, f"is {_kind(value)}; {write}")
            return None
        return value

    def _line_of(self, key: str) -> int:
        """The line of `key`, or of the table it would stand in."""
        while key and key not in self._lines:
            key = key.rpartition(".")[0]
        return self._lines.get(key, 1)

    def _unknown_part(self, key: str) -> str:
        """The shortest beginning of `key` that nothing known begins with; empty for a known key."""
        names = key.split(".")
        for length in range(1, len(names) + 1):
            beginning = ".".join(names[:length])
            if beginning in self._asked:
                return key if length < len(names) else ""
            if not any(known.startswith(f"{beginning}.") for known in self._asked):
                return beginning
        return "" if self._values[key] == {} else key  # an empty table of known keys says nothing and is no fault

    def _advice_on(self, key: str) -> str:
        parent, _, name = key.rpartition(".")
        inside = f"{parent}." if parent else ""
        known = sorted({other[len(inside) :].split(".")[0] for other in self._asked if other.startswith(inside)})
        if key in {f"{inside}{other}" for other in known}:
            return f"is a table; write [{key}] with its keys below"
        if close := get_close_matches(name, known, n=1):
            return f"is unknown; did you mean {close[0]}?"
        return f"is unknown; remove it, known here are {', '.join(known)}" if known else "is unknown; remove it"


def moments(clock: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments, in UTC, at which clocks in `zone` show `clock`, which may carry an offset that must be the zone's.

    One as a rule; none in the hour that is left out in spring, two in the hour that comes twice in autumn, unless the
    offset says which.
    """
    wall = clock.replace(tzinfo=None)
    if not FIRST_YEAR <= wall.year <= LAST_YEAR or wall.microsecond:
        return []
    candidates = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = sorted(moment for moment in candidates if moment.astimezone(zone).replace(tzinfo=None) == wall)
    return [moment for moment in shown if clock.tzinfo is None or moment == clock]


def why_not_one_moment(clock: datetime, zone: ZoneInfo) -> str:
    """What to tell somebody whose `clock` names no moment in `zone`, or two."""
    wall = clock.replace(tzinfo=None)
    if not FIRST_YEAR <= wall.year <= LAST_YEAR or wall.microsecond:
        return f"is no whole second of the years {FIRST_YEAR} to {LAST_YEAR}; write one"
    offsets = [moment.astimezone(zone).isoformat() for moment in moments(wall, zone)]
    if not offsets:
        return f"never shows on clocks of {zone.key}, which skip that hour; write a time before or after it"
    if clock.tzinfo is not None:
        return f"has an offset that {zone.key} does not have then; write {' or '.join(offsets)}"
    return f"comes twice on clocks of {zone.key}; write {' or '.join(offsets)}"


def _leaves(table: dict[str, object], inside: str = "") -> Iterator[tuple[str, object]]:
    """Every value with its dotted key; an empty table is a value too."""
    for name, value in table.items():
        key = inside + _quoted(name)
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _lines_of_keys(text: str) -> dict[str, int]:
    """The line of every key and table, since tomllib does not tell. The first one wins."""
    lines: dict[str, int] = {}
    table: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _TABLE_LINE.match(line):
            table = names = _names(header[1])
        elif key := _KEY_LINE.match(line):
            names = table + _names(key[1])
        else:
            continue
        for length in range(1, len(names) + 1):
            lines.setdefault(".".join(names[:length]), number)
    return lines


def _names(dotted: str) -> list[str]:
    return [_quoted(name.strip("\"'")) for name in re.findall(_NAME, dotted)]


def _quoted(name: str) -> str:
    """A name as it stands in a dotted key; one with a dot in it is never taken for two."""
    return name if _BARE.fullmatch(name) else json.dumps(name).replace(".", "\\u002e")


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _kind(value: object) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number with a point", str: "a text", list: "a list"}
    kinds |= {datetime: "a date with time", date: "a date without time", dict: "a table"}
    return kinds.get(type(value), "something else")
