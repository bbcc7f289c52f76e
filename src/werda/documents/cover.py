"""What every paper begins with: who writes to whom, when, and in which words.

The address stands in the window of a DIN 5008 form B letter, so nothing else may, and it has six lines at most.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as Date  # noqa: N812  # `date` is a method of what is used with it
from typing import Final

from werda.core.secret import Secret
from werda.documents.letterhead import Letterhead
from werda.documents.wording import CATALOGUES, Wording, wording

_LINES: Final = 6
"""The address zone is 27.3 mm high."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """`lines` are the postal address, name first, at most six; the names are for the greeting, empty for none.

    Raises `ValueError` for no line, an empty one, or too many.
    """

    lines: tuple[str, ...]
    given_name: str = ""
    family_name: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= _LINES or not all(line.strip() for line in self.lines):
            raise ValueError(f"an address has 1 to {_LINES} lines, none of them empty")


@dataclass(frozen=True, slots=True)
class Cover:
    """`catalogue` is the way to speak, one of `wording.CATALOGUES`; `wording.catalogue_of` finds a brand's.

    Raises `ValueError` for an unknown catalogue.
    """

    letterhead: Letterhead
    catalogue: str
    recipient: Recipient
    customer_number: str
    written_on: Date

    def __post_init__(self) -> None:
        if self.catalogue not in CATALOGUES:
            raise ValueError(f"there is no catalogue {self.catalogue}; there is {', '.join(CATALOGUES)}")

    @property
    def wording(self) -> Wording:
        """The words of the paper."""
        return wording(self.catalogue)

    @property
    def made_at(self) -> datetime:
        """The time the PDF states: the beginning of the day it is written on, so that equal papers are equal files."""
        return datetime.combine(self.written_on, time(), UTC)


def cover_content(cover: Cover, title: str) -> dict[str, object]:
    """What the template of any paper is given beside the paper's own content."""
    words, head = cover.wording, cover.letterhead
    names = {"given_name": cover.recipient.given_name, "family_name": cover.recipient.family_name}
    greeting = "greeting" if all(names.values()) else "greeting_nobody"
    return {
        "language": words.language,
        "title": title,
        "brand": {
            "name": head.name,
            "accent": head.accent,
            "logo": head.logo and Secret(head.logo),  # a drawing: goes to Typst as it is
            "sender": head.sender,
            "legal": head.legal,
        },
        "recipient": cover.recipient.lines,
        "information": [
            [words.say("letter.customer_number"), cover.customer_number],
            [words.say("letter.date"), words.date(cover.written_on)],
            [words.say("letter.hotline"), head.hotline],
            [words.say("letter.portal"), head.portal],
        ],
        "running": f"{head.name} · {title} · {words.say('letter.customer_number')} {cover.customer_number}",
        "pages": words.raw("letter.pages"),
        "greeting": words.say(f"letter.{greeting}", **names),
        "closing": [words.say("letter.closing"), words.say("letter.signed", brand=head.name)],
    }
