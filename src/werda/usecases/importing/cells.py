"""What may stand in a cell: readers give PostgreSQL's text of the value, or say why it is none, never quoting it (B9).

None, a column the file does not have, says nothing and stays None.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from werda.core.malformed import Malformed
from werda.core.number import normalise
from werda.core.toml_document import moments

T = TypeVar("T")

LONGEST_NUMBER: Final = 64

_is_mail: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch
_is_language: Final = re.compile(r"[a-z]{2}").fullmatch
_is_e164: Final = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch


class BadCell(Exception):
    """A cell that keeps its row out. Raised, because a row has many cells and one bad one is enough."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def number(text: str | None) -> str:
    """A customer number: letters, digits and what operators put between them."""
    if not text:
        raise BadCell("customer_number", "is empty; every row names its customer")
    if len(text) > LONGEST_NUMBER:
        raise BadCell("customer_number", f"is longer than {LONGEST_NUMBER} characters")
    return text


def one_of(column: str, text: str | None, words: Mapping[str, str]) -> str | None:
    """One of a few words, in whatever capitals; an empty cell says nothing."""
    if not text:
        return None
    word = words.get(text) or words.get(text.lower())
    if word is None:
        raise BadCell(column, f"is none of {', '.join(dict.fromkeys(words.values()))}")
    return word


def birth_date(text: str | None) -> str | None:
    """A date as 1980-05-17; an empty cell says nothing."""
    if not text:
        return None
    try:
        born = date.fromisoformat(text)
    except ValueError:
        born = None
    if born is None or len(text) != 10 or born.year < 1880:
        raise BadCell("birth_date", "is no date of the form 1980-05-17")
    return text


def moment(column: str, text: str | None, zone: ZoneInfo) -> str | None:
    """A date with time, by the clocks of `zone` unless it has an offset; a date alone means its midnight."""
    if not text:
        return None
    named = _moment(text, zone)
    if named is None:
        raise BadCell(column, "is no moment of the form 2023-02-16T09:30:00 or 2023-02-16T09:30:00+01:00")
    return named


@lru_cache(maxsize=4096)  # a batch of SIMs is activated at one moment
def _moment(text: str, zone: ZoneInfo) -> str | None:
    try:
        clock = datetime.fromisoformat(text)
    except ValueError:
        return None
    named = [clock.astimezone(UTC)] if clock.tzinfo else moments(clock, zone)
    return named[0].isoformat() if named else None


def msisdn(text: str | None) -> str | None:
    """A phone number in E.164; an empty cell is no number."""
    if not text:
        return None
    if _is_e164(text):
        return text
    phone = normalise(text)
    if phone is None:
        raise BadCell("msisdn", "is no phone number such as +4917604000001")
    return phone


def email(text: str | None) -> str | None:
    """A mail address, or nothing."""
    if text and not _is_mail(text):
        raise BadCell("email", "is no mail address")
    return text


def language(text: str | None) -> str | None:
    """A language by its two letters; an empty cell says nothing."""
    if not text:
        return None
    if not _is_language(text):
        raise BadCell("language", "is no language of two small letters, such as de")
    return text


def good(column: str, parsed: T | Malformed) -> T:
    """What a parser of the core gave, unless it is malformed."""
    if isinstance(parsed, Malformed):
        raise BadCell(column, parsed.reason)
    return parsed
