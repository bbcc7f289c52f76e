"""The words of mails: one document for each way of speaking, a subject and paragraphs for each kind.

Paragraphs are separated by an empty line. ``$name`` is filled in; ``[Words]($portal)`` alone in a paragraph is a button
in HTML and "Words: address" in plain text. A kind without words, or a placeholder that nobody fills, cannot be.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from string import Template
from typing import Any

from werda.core.mail import MailKind
from werda.core.notice import NoticeKind
from werda.core.option import Charge


class Speech(StrEnum):
    """How a brand speaks to a customer."""

    DU = "de_du"
    SIE = "de_sie"
    ENGLISH = "en"

    @classmethod
    def of(cls, language: str, form: str) -> "Speech":
        """The customer's language, and in German the brand's form."""
        if language == "en":
            return cls.ENGLISH
        return cls.SIE if form == "sie" else cls.DU


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail of one kind says."""

    subject: Template
    paragraphs: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every text: greeting, what always holds, closing; and for which time a price is."""

    greeting: Template
    never: Template
    closing: Template
    prices: dict[Charge, Template]


def words_of(speech: Speech, kind: MailKind, notice: NoticeKind | None = None) -> Words:
    """The words of a kind; of a notice, those of what it tells."""
    entry: dict[str, Any] = _document(speech)[kind.value]
    if kind is MailKind.NOTICE:
        assert notice is not None, "a notice tells of something"
        entry = entry[notice.value]
    return Words(
        Template(entry["subject"]),
        tuple(Template(" ".join(paragraph.split())) for paragraph in entry["text"].strip().split("\n\n")),
    )


def frame_of(speech: Speech) -> Frame:
    """The frame of a speech."""
    frame = _document(speech)["frame"]
    greeting, never, closing = (Template(frame[part]) for part in ("greeting", "never", "closing"))
    return Frame(greeting, never, closing, {charge: Template(frame[charge]) for charge in Charge})


@cache
def _document(speech: Speech) -> dict[str, dict[str, Any]]:
    file = resources.files("werda.mail").joinpath(f"words/{speech}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
