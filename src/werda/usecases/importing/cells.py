"""What may stand in a cell: readers give PostgreSQL's text of the value, or say why it is none, never quoting it (B9).

Columns are read whole. Where a pattern sees that all cells stand in their one form already, they are the values as they
are; else each different cell is read once. None, a column the file does not have, says nothing and stays None.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import compress
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from werda.core.malformed import Malformed
from werda.core.number import normalise
from werda.core.toml_document import moments
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.table_file import Column, Rows

T = TypeVar("T")
Text = str | None
"""A value in PostgreSQL's text form, without control characters (see `table_file`), or None for nothing said."""

Reader = Callable[[str], Text]
Plain = Callable[[str], object]
"""Whether all cells of a column, each followed by `END`, are in their one form."""

LONGEST_NUMBER: Final = 64
END: Final = "\x1f"


def plain(cell: str) -> Plain:
    """Sees columns all of whose cells match this pattern; a cell holds no control character."""
    return re.compile(f"(?:(?:{cell}){END})*+").fullmatch


IS_E164: Final = plain(r"\+[1-9][0-9]{6,14}+")
IS_NUMBER: Final = plain(rf"[^{END}]{{1,{LONGEST_NUMBER}}}+")
IS_MAIL: Final = plain(rf"(?:[^@\s{END}]+@[^@\s{END}]+\.[^@\s{END}]+)?")


class BadCell(Exception):
    """A cell that keeps its row out; the reason never quotes it."""


class Reading:
    """Reads columns of rows, and knows which rows hold a bad cell: the first one in the order of reading."""

    def __init__(self, rows: Rows, names: Sequence[str]) -> None:
        self._numbers = rows.numbers
        self._columns: Mapping[str, Column] = dict(zip(names, rows.columns, strict=True))
        self._bad: dict[int, tuple[str, str]] = {}

    def text(self, name: str) -> list[Text]:
        """A column of free text; an empty cell says that it is empty."""
        column = self._columns[name]
        return [None] * len(self._numbers) if column is None else [*column]

    def column(self, name: str, read: Reader, as_is: Plain | None = None) -> list[Text]:
        """A column's values by `read`, which is not asked where `as_is` sees that the cells are the values."""
        column = self._columns[name]
        if column is None:
            return [None] * len(self._numbers)
        if as_is is not None and as_is(END.join([*column, ""])):
            return [*column]
        values: dict[str, Text] = {}
        reasons: dict[str, str] = {}
        for cell in set(column):
            try:
                values[cell] = read(cell)
            except BadCell as bad:
                values[cell], reasons[cell] = None, str(bad)
        if reasons:
            for index, cell in enumerate(column):
                if cell in reasons:
                    self.refuse(index, name, reasons[cell])
        return [values[cell] for cell in column]

    def refuse(self, index: int, name: str, reason: str) -> None:
        """Keep a row out for what stands in this column, unless it is out already."""
        self._bad.setdefault(index, (name, reason))

    def good(self, columns: Sequence[Sequence[T]], outcome: Outcome) -> tuple[Sequence[int], Sequence[Sequence[T]]]:
        """Line numbers and values of the rows without a bad cell; the others are told to `outcome`."""
        if not self._bad:
            return self._numbers, columns
        for index, (name, reason) in sorted(self._bad.items()):
            outcome.reject(self._numbers[index], name, reason)
        keep = [index not in self._bad for index in range(len(self._numbers))]
        return list(compress(self._numbers, keep)), [list(compress(column, keep)) for column in columns]


def key_of(what: str) -> Reader:
    """Reads what a row is about, or names: never empty."""

    def read(text: str) -> str:
        if not text:
            raise BadCell(f"is empty; every row names its {what}")
        if len(text) > LONGEST_NUMBER:
            raise BadCell(f"is longer than {LONGEST_NUMBER} characters")
        return text

    return read


def word_of(words: Mapping[str, str]) -> Reader:
    """Reads one of a few words, in whatever capitals; an empty cell says nothing."""
    return partial(_word, words)


def _word(words: Mapping[str, str], text: str) -> Text:
    if not text:
        return None
    word = words.get(text) or words.get(text.lower())
    if word is None:
        raise BadCell(f"is none of {', '.join(dict.fromkeys(words.values()))}")
    return word


def birth_date(text: str) -> Text:
    """A date as 1980-05-17; an empty cell says nothing."""
    if not text:
        return None
    try:
        born = date.fromisoformat(text)
    except ValueError:
        born = None
    if born is None or len(text) != 10 or born.year < 1880:
        raise BadCell("is no date of the form 1980-05-17")
    return text


def day(text: str) -> Text:
    """A day as 2026-12-01, from 2000 on; an empty cell says nothing."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) != 10 or not 2000 <= found.year < 2100:
        raise BadCell("is no day of the form 2026-12-01")
    return text


def first_day(text: str) -> Text:
    """A day that every row has."""
    return day(text or "-")


def price(text: str) -> Text:
    """Money with two decimals and a point; an empty cell says nothing."""
    if text and not re.fullmatch(r"[0-9]{1,4}\.[0-9]{2}", text, re.ASCII):
        raise BadCell("is no price with two decimals, such as 4.99")
    return text or None


def line(text: str) -> Text:
    """A phone number in E.164 that every row has."""
    return msisdn(text or "-")


def moment_in(zone: ZoneInfo) -> Reader:
    """Reads a date with time, by the clocks of `zone` unless it has an offset; a date alone means its midnight."""
    return partial(_moment, zone)


def _moment(zone: ZoneInfo, text: str) -> Text:
    if not text:
        return None
    try:
        clock = datetime.fromisoformat(text)
        named = [clock.astimezone(UTC)] if clock.tzinfo else moments(clock, zone)
    except (ValueError, OverflowError):  # the latter at the edges of the calendar
        named = []
    if not named:
        raise BadCell("is no moment of the form 2023-02-16T09:30:00 or 2023-02-16T09:30:00+01:00")
    return named[0].isoformat()


def msisdn(text: str) -> Text:
    """A phone number in E.164; an empty cell is no number."""
    if not text:
        return None
    phone = normalise(text)
    if phone is None:
        raise BadCell("is no phone number such as +4917604000001")
    return phone


def email(text: str) -> str:
    """A mail address, or nothing."""
    if not IS_MAIL(text + END):
        raise BadCell("is no mail address")
    return text


def language(text: str) -> Text:
    """A language by its two letters; an empty cell says nothing."""
    if not text:
        return None
    if not re.fullmatch("[a-z]{2}", text):
        raise BadCell("is no language of two small letters, such as de")
    return text


def parsed_by(parse: Callable[[str], Malformed | str]) -> Reader:
    """Reads what a parser of the core reads; an empty cell says nothing."""

    def read(text: str) -> Text:
        if not text:
            return None
        parsed = parse(text)
        if isinstance(parsed, Malformed):
            raise BadCell(parsed.reason)
        return parsed

    return read


def unsaid(column: Collection[Text]) -> bool:
    """Whether a column says nothing at all."""
    return not any(column)
