"""Under whose name a paper is sent: what an operator sets once for each brand, as `letterhead.toml` and a logo.

Colour means nothing on paper: the accent is a line at the top, and text stays ink.
"""

import re
from dataclasses import dataclass
from typing import Final

from werda.core.toml_document import Document, Problem

INK: Final = "#16181c"

_LINE: Final = r"\S(?:.*\S)?"
_EXAMPLES: Final = {
    "name": "Nordfunk",
    "company": "Nordfunk GmbH",
    "street": "Deichweg 1",
    "postcode": "25813",
    "city": "Husum",
    "portal": "mein.nordfunk.example",
    "hotline": "04841 123450",
    "email": "post@nordfunk.example",
}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """A brand on paper. `company` and the postal address are the contract party's; `portal`, `hotline` and `email` are
    printed as they are.

    `legal` are the lines at the foot of a page, at most three. `accent` is ``#rrggbb``. `logo` is an SVG text, printed
    12 mm high in place of the name. Raises `ValueError` for another accent or more lines.
    """

    name: str
    company: str
    street: str
    postcode: str
    city: str
    portal: str
    hotline: str
    email: str
    legal: tuple[str, ...] = ()
    accent: str = INK
    logo: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.accent):
            raise ValueError("the accent is a colour such as #0b4f8a")
        if len(self.legal) > 3:
            raise ValueError("the foot of a page has room for three lines")

    @property
    def places(self) -> dict[str, str]:
        """Where the brand can be reached, as texts name it; the number is not broken between lines."""
        hotline = self.hotline.replace(" ", "\u00a0")
        return {"portal": self.portal, "hotline": hotline, "email": self.email, "address": self.address}

    @property
    def sender(self) -> str:
        """The return address as one line, for the window."""
        return f"{self.company} · {self.street} · {self.postcode} {self.city}"

    @property
    def address(self) -> str:
        """The same as a sentence has it."""
        return f"{self.company}, {self.street}, {self.postcode} {self.city}"


def read_letterhead(text: str, logo: str | None = None) -> Letterhead | list[Problem]:
    """The letterhead of a TOML document and the SVG beside it, or everything that is wrong with the document."""
    document = Document.parse(text)
    if isinstance(document, Problem):
        return [document]
    texts = {key: document.text(key, pattern=_LINE, example=example) for key, example in _EXAMPLES.items()}
    accent = INK
    if document.has("accent"):
        accent = document.text("accent", pattern=r"#[0-9a-fA-F]{6}", example="#0b4f8a")
    legal = document.items("legal", str, '["Amtsgericht Flensburg HRB 12345"]') or []
    if len(legal) > 3:
        document.complain("legal", "has more than three lines; the foot of a page has no room for more")
    return document.finish() or Letterhead(**texts, legal=tuple(legal), accent=accent, logo=logo)
