"""Papers look as they did when somebody last looked at them (`tests/documents/pictures.py` takes the references)."""

from collections.abc import Callable

import pytest
from PIL import Image

from tests.documents import papers, reading
from tests.documents.conftest import EVERY_PAPER, example
from tests.documents.pictures import DPI, FOLDER, TOLERATED, others, pages, pages_of, scaled_down
from werda.core.secret import Secret
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, code_letter


@pytest.mark.parametrize(("name", "catalogue"), EVERY_PAPER)
def test_paper_looks_as_it_did(name: str, catalogue: str) -> None:
    compared = 0
    for file, picture in pages(name, catalogue):
        with Image.open(file) as reference:
            assert others(picture, reference) <= TOLERATED, f"{file.name} looks otherwise"
        compared += 1
    assert compared == len(list(FOLDER.glob(f"{name}-{catalogue}-[0-9].png")))


def test_no_reference_is_left_over() -> None:
    known = {file.name for paper in EVERY_PAPER for file, _ in pages(*paper)}
    assert {file.name for file in FOLDER.glob("*.png")} == known


def moved(page: Image.Image) -> Image.Image:
    """A page whose content lies a millimetre lower."""
    lower = Image.new("L", page.size, 255)
    lower.paste(page, (0, round(DPI / 25.4)))
    return lower


def another_code(_: Image.Image) -> Image.Image:
    letter = CodeLetter(papers.cover("de-du"), TellsCustomerCode(Secret("4877")))
    return pages_of(code_letter(letter))[0]


def without_a_line(page: Image.Image) -> Image.Image:
    """A page that lost the upper rule of the code."""
    box = (round(25 * DPI / 25.4), round(119 * DPI / 25.4), round(190 * DPI / 25.4), round(123 * DPI / 25.4))
    page.paste(255, box)
    return page


@pytest.mark.parametrize("change", [moved, another_code, without_a_line])
def test_comparison_sees_a_change(change: Callable[[Image.Image], Image.Image]) -> None:
    page = pages_of(example("code-letter"))[0]
    with Image.open(FOLDER / "code-letter-de-du-1.png") as reference:
        assert others(page, reference) <= TOLERATED
        assert others(change(page), reference) > TOLERATED


def test_comparison_bears_other_smoothing() -> None:
    # Set less fine, each letter falls on other dots, as no version of poppler lets it.
    page = scaled_down(reading.pages(example("code-letter"), dpi=DPI * 3)[0], 3)
    with Image.open(FOLDER / "code-letter-de-du-1.png") as reference:
        assert 0 < others(page, reference) <= TOLERATED
