"""Everything that is kept about a customer, as a paper to read (A8). What it says comes in the words of whoever asks.

The file for machines has the same with the proof of each entry; this one says where it is. Free text may hold letters
that the font lacks: they become question marks, because a note somebody wrote must not keep a customer from their data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from werda.documents.printable import Unprintable, printable
from werda.documents.typesetting import Content, typeset


@dataclass(frozen=True, slots=True)
class Section:
    """A part: pairs of name and value, or a table with as many `widths` (in mm, 0: what is left) as columns."""

    title: str
    note: str = ""
    facts: Sequence[tuple[str, str]] = ()
    widths: Sequence[int] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class OwnData:
    """The paper. `pages` has the places ``{page}`` and ``{pages}``; `language` is ``de`` or ``en``."""

    language: str
    brand: str
    title: str
    running: str
    pages: str
    intro: str
    sections: Sequence[Section]
    made_at: datetime


def own_data(paper: OwnData) -> bytes:
    """As PDF, accessible. Raises `PaperFailed`."""
    return typeset(content(paper), made_at=paper.made_at)


def content(paper: OwnData) -> Content:
    """What the template is given."""
    return {
        "template": "own-data",
        "language": paper.language,
        "brand": {"name": paper.brand},
        "title": paper.title,
        "running": paper.running,
        "pages": paper.pages,
        "intro": paper.intro,
        "sections": [
            {
                "title": section.title,
                "note": section.note,
                "facts": [[label, legible(value)] for label, value in section.facts],
                "widths": list(section.widths),
                "columns": list(section.columns),
                "rows": [[legible(cell) for cell in row] for row in section.rows],
            }
            for section in paper.sections
        ],
    }


def legible(text: str) -> str:
    """The text, with a question mark for each letter that cannot be printed."""
    try:
        printable({"text": text})
    except Unprintable as problem:
        return text.translate(dict.fromkeys(map(ord, problem.letters), "?"))
    return text
