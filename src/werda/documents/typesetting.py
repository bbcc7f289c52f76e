"""Typst sets the papers. Secrets reach it in memory only, and a failure never tells what it was given (B9).

A paper's content is a tree of texts, lists and `Secret`s; it becomes plain text in the one function that hands it over,
and no file, log or exception sees it. Typst is given our two fonts, none of the system's, and the folder of templates.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import typst

from werda.core.secret import Secret
from werda.documents.printable import printable

Content = Mapping[str, object]
"""What a template is given: text, numbers, `Secret`s, lists and tables of them. `template` names the template."""

_ROOM: Final = Path(str(files("werda.documents")))
_TEMPLATES: Final = _ROOM / "templates"


class Standard(Enum):
    """What a file keeps. Papers people read are accessible (PDF/UA-1) and can be archived (PDF/A-2a); a print run is
    PDF/A-2b, without the tags that only a screen reader needs."""

    ACCESSIBLE = ("ua-1", "a-2a")
    PRINTER = ("a-2b",)


class PaperFailed(RuntimeError):
    """Typst could not set a paper. The message names the template and the line in it, never what it was given."""


@dataclass(frozen=True, slots=True)
class Typeset:
    """A PDF, and the page, from 1, on which each paper in it begins."""

    pdf: bytes
    first_pages: tuple[int, ...]


class Typesetter:
    """Sets one file after the other; not to be shared between threads."""

    def __init__(self, standard: Standard = Standard.ACCESSIBLE) -> None:
        self._standard = standard
        self._compiler = typst.Compiler(
            str(_TEMPLATES / "papers.typ"), root=str(_TEMPLATES), font_paths=_fonts(), ignore_system_fonts=True
        )

    def set(self, papers: Sequence[Content], *, title: str, made_at: datetime, duplex: bool = False) -> Typeset:
        """One PDF of these papers, each on a new page, or on a new sheet if `duplex`; equal papers give equal bytes.

        Raises `Unprintable` for letters the font lacks, `PaperFailed` when a template does not take what it is given.
        """
        content = printable({"title": title, "duplex": duplex, "papers": papers})
        outcome = self._compile(content, made_at)
        if isinstance(outcome, PaperFailed):
            raise outcome
        return outcome

    def _compile(self, content: object, made_at: datetime) -> Typeset | PaperFailed:
        """Plain text lives here only: no exception passes this frame, so none has it in its traceback or context."""
        try:
            pdf = self._compiler.compile(
                format="pdf",
                sys_inputs={"content": json.dumps(content, default=_revealed)},
                pdf_standards=list(self._standard.value),
                pdf_tags=self._standard is Standard.ACCESSIBLE,
                timestamp=made_at,
            )
            pages = json.loads(self._compiler.eval("query(<paper>).map(paper => paper.location().page())"))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of Typst is no Exception
            return PaperFailed(_without_inputs(error))
        assert isinstance(pdf, bytes)
        return Typeset(pdf, tuple(pages))


def typeset(paper: Content, *, made_at: datetime) -> bytes:
    """One paper as an accessible PDF. Raises as `Typesetter.set`."""
    return Typesetter().set([paper], title=str(paper["title"]), made_at=made_at).pdf


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_ROOM / "fonts")])


def _revealed(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"a paper cannot hold a {type(value).__name__}")


def _without_inputs(error: BaseException) -> str:
    """Where Typst stopped. Its own message may quote a value, so only a place in a template of ours is kept."""
    known = "|".join(re.escape(template.name) for template in _TEMPLATES.glob("*.typ"))
    places = re.findall(rf"┌─ (?:\S*/)?({known}):(\d+):\d+", getattr(error, "diagnostic", ""))
    where = ", ".join(f"{name} line {line}" for name, line in dict.fromkeys(places))
    return f"the paper could not be set ({where or 'no place in a template'}); try a specimen with the same letterhead"
