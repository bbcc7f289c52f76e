"""Reading a PDF as people and machines do: its text, where each word stands, its pages as pictures, its structure.

All by poppler (`make parts`).
"""

import re
import subprocess
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tests.parts import require

MILLIMETRE = 72 / 25.4


@dataclass(frozen=True)
class Word:
    """A word and its box on a page, in millimetres from the upper left corner."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float


def text(pdf: bytes, *, page: int = 0) -> str:
    """The text as it is laid out, of one page or of all."""
    pages = ["-f", str(page), "-l", str(page)] if page else []
    return _asked("pdftotext", pdf, *pages, "-layout", "{pdf}", "-")


def running_text(pdf: bytes, *, page: int = 0) -> str:
    """The text without regard to lines, each run of blanks one blank."""
    return " ".join(text(pdf, page=page).split())


def digits_and_letters(pdf: bytes, *, page: int = 0) -> str:
    """The text without any blanks: digits are set in groups."""
    return "".join(text(pdf, page=page).split())


def words(pdf: bytes) -> list[Word]:
    """Every word of every page."""
    found = []
    for number, page in enumerate(_asked("pdftotext", pdf, "-bbox", "{pdf}", "-").split("<page ")[1:], start=1):
        for box in re.finditer(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', page):
            left, top, right, bottom = (float(each) / MILLIMETRE for each in box.groups()[:4])
            found.append(Word(number, unescape(box[5]), left, top, right, bottom))
    return found


def structure(pdf: bytes) -> str:
    """The structure tree with its text, as a screen reader walks through it."""
    return _asked("pdfinfo", pdf, "-struct-text", "{pdf}")


def spoken(pdf: bytes) -> str:
    """The text of the structure tree alone."""
    return " ".join(" ".join(re.findall(r'^ *"(.*)"$', structure(pdf), re.MULTILINE)).split())


def pages(pdf: bytes, *, dpi: int, colour: bool = False) -> list[Image.Image]:
    """The pages as pictures, in shades of grey unless in `colour`."""
    program = require("pdftoppm")
    with TemporaryDirectory() as folder:
        file = Path(folder, "paper.pdf")
        file.write_bytes(pdf)
        command: list[str | Path] = [
            program,
            "-r",
            str(dpi),
            *([] if colour else ["-gray"]),
            file,
            Path(folder, "page"),
        ]
        subprocess.run(command, check=True, capture_output=True)
        made = sorted(Path(folder).glob("page-*.p?m"))
        return [Image.open(BytesIO(picture.read_bytes())).convert("RGB" if colour else "L") for picture in made]


def _asked(name: str, pdf: bytes, *arguments: str) -> str:
    program = require(name)
    with TemporaryDirectory() as folder:
        file = Path(folder, "paper.pdf")
        file.write_bytes(pdf)
        command: list[str | Path] = [program, *(argument.replace("{pdf}", str(file)) for argument in arguments)]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")
