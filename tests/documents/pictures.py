"""Pictures of every page, to compare with: 60 dots an inch, sixteen shades of grey, some kilobytes each.

Pages are set four times as fine and scaled down, so that how poppler fits letters to dots hardly shows.
`python -m tests.documents.pictures` takes them anew after a change that is meant; look at them before they are kept.
"""

from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageOps

from tests.documents import reading
from tests.documents.conftest import EVERY_PAPER, example

FOLDER = Path(__file__).parent / "pictures"
DOCS = Path(__file__).parents[2] / "docs" / "images"
DPI = 60
DOCS_DPI = 80
FINE = 4

BLUR = 1
"""Radius in dots, 0.4 mm, for what is left of that."""
DIFFERS = 26
"""Shades of 256 by which a blurred dot must differ to be another dot."""
TOLERATED = 150
"""Dots of a page, of 348 000, that may be others. A code with one other digit has more, a line that is gone five times
as many; setting three times as fine in place of four has fewer. What small type says, other tests read."""


def others(picture: Image.Image, reference: Image.Image) -> int:
    """How many dots of a page are others than those of the reference; all of them when the sizes differ."""
    if picture.size != reference.size:
        return picture.width * picture.height
    blurred = [each.convert("L").filter(ImageFilter.BoxBlur(BLUR)) for each in (picture, reference)]
    difference = ImageChops.difference(*blurred)
    return sum(difference.histogram()[DIFFERS:])


def scaled_down(picture: Image.Image, times: int = FINE) -> Image.Image:
    """A page at `DPI` that was set so many times as fine."""
    return picture.resize((round(picture.width / times), round(picture.height / times)), Image.Resampling.BOX)


def pages_of(pdf: bytes) -> list[Image.Image]:
    """The pages of a PDF as they are compared."""
    return [scaled_down(page) for page in reading.pages(pdf, dpi=DPI * FINE)]


@cache
def pages(name: str, catalogue: str) -> list[tuple[Path, Image.Image]]:
    """Each page of an example paper, with the file of its reference."""
    pictures = enumerate(pages_of(example(name, catalogue)), start=1)
    return [(FOLDER / f"{name}-{catalogue}-{number}.png", picture) for number, picture in pictures]


def keep() -> None:
    """Take all references anew, and the pictures of docs/documents.md."""
    for name in ("contract", "sim-carrier-several", "code-letter"):
        page = reading.pages(example(name), dpi=DOCS_DPI * FINE, colour=True)[0]
        framed = ImageOps.expand(scaled_down(page), border=1, fill="#b9b9b2")
        framed.quantize(32, kmeans=1).save(DOCS / f"{name.removesuffix('-several')}.png", optimize=True)
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    for paper in EVERY_PAPER:
        for file, picture in pages(*paper):
            picture.quantize(16, kmeans=1).save(file, optimize=True)


if __name__ == "__main__":
    keep()
