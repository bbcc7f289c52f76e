"""The letter that tells a customer their code: the customer code itself, or a one-time letter code (E3, E4).

It says where to find the code later, why it matters and what to do if the letter was opened, and asks for nothing.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from werda.core.customer_code import FEWEST_DIGITS, MOST_DIGITS
from werda.core.one_time_code import LETTER_CODE_LIFETIME
from werda.core.secret import Secret
from werda.documents.cover import Cover, cover_content
from werda.documents.typesetting import Content, typeset


@dataclass(frozen=True, slots=True)
class TellsCustomerCode:
    """The letter tells the customer code. Raises `ValueError` when it is not 4 to 7 digits."""

    code: Secret

    def __post_init__(self) -> None:
        if not re.fullmatch(rf"[0-9]{{{FEWEST_DIGITS},{MOST_DIGITS}}}", self.code.reveal()):
            raise ValueError(f"a customer code has {FEWEST_DIGITS} to {MOST_DIGITS} digits")


@dataclass(frozen=True, slots=True)
class TellsLetterCode:
    """The letter tells a one-time code that counts up to and including `valid_until`. Raises `ValueError` for a code
    of another shape."""

    code: Secret
    valid_until: date

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9A-Z]{6,12}", self.code.reveal()):
            raise ValueError("a letter code has 6 to 12 digits or capital letters")


@dataclass(frozen=True, slots=True)
class CodeLetter:
    """One letter. Raises `ValueError` for a letter code that would count longer than 21 days, or not at all (E4)."""

    cover: Cover
    tells: TellsCustomerCode | TellsLetterCode

    def __post_init__(self) -> None:
        if isinstance(self.tells, TellsLetterCode):
            days = self.tells.valid_until - self.cover.written_on
            if not timedelta(0) <= days <= LETTER_CODE_LIFETIME:
                raise ValueError(
                    f"a letter code counts for 0 to {LETTER_CODE_LIFETIME.days} days after the letter is written (E4)"
                )


def code_letter(letter: CodeLetter) -> bytes:
    """The letter as PDF. Raises `Unprintable`, `PaperFailed`."""
    return typeset(content(letter), made_at=letter.cover.made_at)


def content(letter: CodeLetter) -> Content:
    """What the template is given."""
    words = letter.cover.wording
    match letter.tells:
        case TellsCustomerCode():
            kind, note = "customer_code", {}
            sections = ["where", "why", "never", "opened"]
        case TellsLetterCode(valid_until=day):
            kind, note = "letter_code", {"valid_until": words.date(day)}
            sections = ["use", "where_after", "why_after", "never_after", "opened_after"]
    return {
        "template": "code-letter",
        **cover_content(letter.cover, words.say(f"code_letter.{kind}.title")),
        "intro": words.say(f"code_letter.{kind}.intro"),
        "label": words.say(f"code_letter.{kind}.label"),
        "code": letter.tells.code,
        "note": words.say(f"code_letter.{kind}.note", **note),
        "sections": [
            [
                words.say(f"code_letter.{name}.title"),
                words.say(f"code_letter.{name}.text", **letter.cover.letterhead.places),
            ]
            for name in sections
        ],
    }
