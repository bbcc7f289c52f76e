"""How a brand looks and what it is called, as a TOML document: accent, logo, names, links, its hotline.

White label by tokens, checked when they are loaded: an accent on which nobody can read, or that does not stand out
from the page, is refused with what was measured and the nearest colour that passes, by day and by night.
"""

from dataclasses import dataclass
from typing import Final

from werda.core.contrast import DARK, LIGHT, SHAPE, TEXT, contrast, nearest, passes
from werda.core.toml_document import Document, Problem

_COLOUR: Final = r"#[0-9a-f]{6}"
_LINE: Final = r"[^\x00-\x1f<>]"
_LINK: Final = r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/%-]*)?"
_FILE: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}\.svg"


@dataclass(frozen=True, slots=True)
class Accent:
    """A brand's colour in one scheme, and the colour of text on it."""

    colour: str
    ink: str


@dataclass(frozen=True, slots=True)
class BrandTokens:
    """What a brand is dressed in. `logo` is the name of a file beside the document; empty fields are left out."""

    name: str
    short_name: str
    light: Accent
    dark: Accent
    logo: str
    imprint: str
    privacy: str
    help: str
    hotline: str
    hours: str


PLAIN: Final = BrandTokens(
    name="Werda",
    short_name="Werda",
    light=Accent("#16181c", "#f4f4f1"),
    dark=Accent("#eceef0", "#121417"),
    logo="",
    imprint="",
    privacy="",
    help="",
    hotline="",
    hours="",
)
"""Of a brand that has none: ink on paper."""


def parse(text: str) -> BrandTokens | list[Problem]:
    """Read a document; every problem with its line otherwise."""
    document = Document.parse(text)
    if isinstance(document, Problem):
        return [document]
    tokens = BrandTokens(
        name=document.text("name", pattern=_LINE + "{1,40}", example="Nordfunk"),
        short_name=document.text("short_name", pattern=_LINE + "{1,12}", example="Nordfunk"),
        light=_accent(document, "light", LIGHT, example="#0b5d66"),
        dark=_accent(document, "dark", DARK, example="#6fd0c8"),
        logo=_optional(document, "logo", _FILE, "logo.svg"),
        imprint=_optional(document, "links.imprint", _LINK, "https://nordfunk.example.org/impressum"),
        privacy=_optional(document, "links.privacy", _LINK, "https://nordfunk.example.org/datenschutz"),
        help=_optional(document, "links.help", _LINK, "https://nordfunk.example.org/hilfe"),
        hotline=_optional(document, "hotline.number", r"[0-9+ /()-]{3,30}", "030 23125 00"),
        hours=_optional(document, "hotline.hours", _LINE + "{1,120}", "täglich rund um die Uhr"),
    )
    return document.finish() or tokens


def _optional(document: Document, key: str, pattern: str, example: str) -> str:
    if document.has(key):
        return document.text(key, pattern=pattern, example=example)
    document.word(key, words=(), default="")  # known, and not given
    return ""


def _accent(document: Document, scheme: str, grounds: tuple[str, ...], *, example: str) -> Accent:
    best = "#ffffff" if scheme == "light" else "#0c1114"
    accent = document.text(f"{scheme}.accent", pattern=_COLOUR, example=example)
    ink = document.text(f"{scheme}.ink", pattern=_COLOUR, example=best)
    known = _is_colour(accent) and _is_colour(ink)
    if known and not passes(accent, ink, grounds):
        document.complain(f"{scheme}.accent", _why_not(accent, ink, grounds))
    return Accent(accent, ink)


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(sign in "0123456789abcdef" for sign in text[1:])


def _why_not(accent: str, ink: str, grounds: tuple[str, ...]) -> str:
    read, out = contrast(accent, ink), min(contrast(accent, ground) for ground in grounds)
    measured = [f"text on it has {read:.2f} : 1 and needs {TEXT}"] if read < TEXT else []
    measured += [f"it has {out:.2f} : 1 against the page and needs {SHAPE:g}"] if out < SHAPE else []
    better = nearest(accent, ink, grounds)
    advice = f'write accent = "{better}"' if better else "choose another ink: with this one no shade of it passes"
    return f"{', and '.join(measured)} (WCAG 2.2); {advice}"
