"""A print run: one PDF of many letters for a printing house, and an index that says which pages are whose.

Both are written beside their final names and renamed when they are whole, the index last: where the index is, the run
is whole. Equal letters give equal files, so a run that was interrupted is simply made again. Memory does not grow with
the number of letters. Neither the index nor the rejects hold a secret; the PDF holds all of them, so it is readable for
its owner only.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, Self

from werda.documents import code_letter, contract, sim_carrier
from werda.documents.code_letter import CodeLetter
from werda.documents.contract import ContractPapers
from werda.documents.pdf_file import PdfFile
from werda.documents.printable import Unprintable, printable
from werda.documents.sim_carrier import SimCarrier
from werda.documents.typesetting import Content, Standard, Typesetter
from werda.documents.whole_files import whole_or_not_at_all

CHUNK: Final = 10
"""Letters set at once: enough to share fonts, few enough that what Typst remembers of the last sets stays small."""

_INDEX: Final = ("letter", "customer_number", "first_page", "last_page")
_REJECTS: Final = ("letter", "customer_number", "reason")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of a run; `letter_id` is the caller's, and no secret."""

    letter_id: str
    paper: CodeLetter | SimCarrier | ContractPapers


@dataclass(frozen=True, slots=True)
class PrintRun:
    """What was printed: `letters` on `pages`; `rejected` letters are in the rejects file with the reason."""

    pdf: Path
    index: Path
    rejects: Path
    letters: int
    pages: int
    rejected: int


class EmptyRun(ValueError):
    """There was no letter to print; no file was written or changed."""


def print_run(
    letters: Iterable[Letter], pdf: Path, *, title: str, now: datetime, duplex: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> PrintRun:  # fmt: skip
    """Print letters into `pdf`, with ``.csv`` for the index and ``.rejects.csv`` for letters that cannot be printed.

    `duplex` begins each letter on a new sheet, so that no letter has another's back. `progress` hears how many letters
    were taken. A run of the same name is replaced. Raises `EmptyRun`, `FilesAreBusy`, `PaperFailed`, and whatever
    `letters` raises; then no file under a final name was touched. Raises `ValueError` when `pdf` does not end so.
    """
    if pdf.suffix != ".pdf":
        raise ValueError(f"{pdf.name} does not end with .pdf")
    index, rejects = pdf.with_suffix(".csv"), pdf.with_suffix(".rejects.csv")
    with whole_or_not_at_all(pdf, rejects, index) as parts, _Printer(parts, title, now, duplex) as printer:
        for chunk in _chunks(letters):
            printer.take(chunk)
            progress(printer.printed + printer.rejected)
        printer.finish(pdf.name)
    return PrintRun(pdf, index, rejects, printer.printed, printer.pages, printer.rejected)


class _Printer:
    """Writes the three files of a run, chunk after chunk."""

    def __init__(self, parts: Sequence[Path], title: str, now: datetime, duplex: bool) -> None:
        pdf, rejects, index = parts
        self._title, self._now, self._duplex = title, now, duplex
        self._typesetter = Typesetter(Standard.PRINTER)
        self._open = ExitStack()
        self._document = PdfFile(self._open.enter_context(pdf.open("wb")))
        self._open.callback(self._document.close)
        self._index = csv.writer(self._open.enter_context(index.open("w", encoding="utf-8", newline="")))
        self._index.writerow(_INDEX)
        self._rejects = csv.writer(self._open.enter_context(rejects.open("w", encoding="utf-8", newline="")))
        self.printed = self.rejected = self.pages = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(self, letters: Sequence[Letter]) -> None:
        """Print a chunk of letters."""
        good: list[tuple[Letter, Content]] = []
        for letter in letters:
            try:
                good.append((letter, printable(_content(letter))))
            except Unprintable as problem:
                if not self.rejected:
                    self._rejects.writerow(_REJECTS)
                self.rejected += 1
                self._rejects.writerow((letter.letter_id, letter.paper.cover.customer_number, problem))
        if not good:
            return
        papers = [content for _, content in good]
        typeset = self._typesetter.set(papers, title=self._title, made_at=self._now, duplex=self._duplex)
        before = self.pages
        self.pages += self._document.add(typeset.pdf, even=self._duplex)
        firsts = [before + page for page in typeset.first_pages]
        for (letter, _), first, next_first in zip(good, firsts, [*firsts[1:], self.pages + 1], strict=True):
            self._index.writerow((letter.letter_id, letter.paper.cover.customer_number, first, next_first - 1))
        self.printed += len(good)

    def finish(self, name: str) -> None:
        """Make the PDF whole. Raises `EmptyRun`."""
        if not self.printed:
            raise EmptyRun(f"there was no letter to print for {name}; {self.rejected} were rejected")
        self._document.finish(title=self._title, made_at=self._now)


def _content(letter: Letter) -> Content:
    match letter.paper:
        case CodeLetter():
            return code_letter.content(letter.paper)
        case SimCarrier():
            return sim_carrier.content(letter.paper)
        case ContractPapers():
            return contract.content(letter.paper)


def _chunks(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    waiting = iter(letters)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
