"""Every paper is a DIN 5008 form B letter: nothing but the address in the window, fold marks, reading order."""

from dataclasses import replace

import pytest
from PIL import Image

from tests.documents import papers, reading
from tests.documents.conftest import EVERY_PAPER, example
from werda.core.secret import Secret
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, code_letter
from werda.documents.cover import Cover, Recipient

WINDOW = (20, 45, 105, 90)
"""Left, top, right, bottom in millimetres."""
SLIDES = 5
"""How far a sheet may move in its envelope."""


def in_window(pdf: bytes, slides: float = 0) -> list[str]:
    left, top, right, bottom = WINDOW
    return [
        word.text
        for word in reading.words(pdf)
        if word.page == 1
        and left - slides < word.right
        and word.left < right + slides
        and top - slides < word.bottom
        and word.top < bottom + slides
    ]


def darkest(picture: Image.Image) -> int:
    """The darkest shade of grey."""
    return next(shade for shade, dots in enumerate(picture.histogram()) if dots)


def letter(recipient: Recipient, cover: Cover | None = None) -> bytes:
    chosen = cover or papers.cover("de-du")
    return code_letter(CodeLetter(replace(chosen, recipient=recipient), TellsCustomerCode(Secret(papers.CODE))))


def test_window_shows_sender_and_address_and_nothing_else(paper: bytes) -> None:
    expected = f"{papers.LETTERHEAD.sender} {' '.join(papers.RECIPIENT.lines)}".split()
    assert sorted(in_window(paper)) == sorted(expected)
    assert sorted(in_window(paper, SLIDES)) == sorted(expected)


def test_no_code_stands_above_the_first_fold(paper: bytes) -> None:
    upper = "".join(word.text for word in reading.words(paper) if word.page == 1 and word.top < 105)
    assert papers.CUSTOMER_NUMBER in upper
    assert not [secret for secret in papers.SECRETS if secret in upper.replace(papers.CUSTOMER_NUMBER, "")]


LONG_ADDRESS = (
    "Gesellschaft für die Erhaltung der nordfriesischen Leuchtfeuer und Seezeichen gGmbH",
    "Abteilung für Telefonie und Datenübertragung, Frau Wilhelmine-Charlotte Petersen-Thomsen",
    "Hinterhaus, 3. Stock",
    "Straße der nordfriesischen Halligen 123",
    "25813 Husum",
    "Deutschland",
)


@pytest.mark.parametrize(
    "lines", [LONG_ADDRESS, ("Donaudampfschifffahrtsgesellschaftskapitän" * 2,) * 6, ("lang " * 40,) * 6]
)
def test_address_stands_in_the_window_however_long_it_is(lines: tuple[str, ...]) -> None:
    pdf = letter(Recipient(lines))
    shown = in_window(pdf)
    assert sorted("".join(shown)) == sorted(f"{papers.LETTERHEAD.sender}{''.join(lines)}".replace(" ", ""))
    boxes = [word for word in reading.words(pdf) if word.page == 1 and 60 < word.top < 95 and word.left < 115]
    assert max(word.right for word in boxes) <= 105
    assert max(word.bottom for word in boxes) <= 90


def test_long_sender_stays_in_one_line_of_the_window() -> None:
    head = replace(papers.LETTERHEAD, company="Nordfunk Gesellschaft für Telekommunikation an der Küste mbH & Co. KG")
    pdf = letter(papers.RECIPIENT, replace(papers.cover("de-du"), letterhead=head))
    sender = [word for word in reading.words(pdf) if word.page == 1 and 48 < word.top < 56 and word.left < 115]
    assert " ".join(word.text for word in sender) == head.sender
    assert max(word.right for word in sender) <= 105
    assert len({round(word.top, 1) for word in sender}) == 1


def test_first_page_has_marks_for_folding_and_punching_and_others_have_none() -> None:
    first, second, _ = reading.pages(example("contract"), dpi=254)  # ten dots to a millimetre
    edge = first.crop((50, 0, 100, 2970))
    marks = [y / 10 for y in range(2970) if darkest(edge.crop((0, y, 50, y + 1))) < 230]
    assert {round(mark * 2) / 2 for mark in marks} == {105, 148.5, 210}
    assert darkest(second.crop((40, 0, 130, 2970))) == 255


@pytest.mark.parametrize(("name", "catalogue"), EVERY_PAPER)
def test_screen_reader_hears_sender_address_facts_title_and_greeting_in_that_order(name: str, catalogue: str) -> None:
    heard = " ".join(reading.structure(example(name, catalogue)).split())
    order = [papers.LETTERHEAD.sender, *papers.RECIPIENT.lines, papers.CUSTOMER_NUMBER, "H1", "Maren"]
    at = -1
    for step in order:
        at = heard.index(step, at + 1)
    assert "Seite" not in heard  # page numbers and marks are artifacts
    assert "Page 1" not in heard


def test_logo_takes_the_place_of_the_name_and_is_described() -> None:
    blue = '<rect width="60" height="12" fill="#0b4f8a"/>'
    logo = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 12">{blue}</svg>'
    head = replace(papers.LETTERHEAD, logo=logo)
    pdf = letter(papers.RECIPIENT, replace(papers.cover("de-du"), letterhead=head))
    page = reading.pages(pdf, dpi=254)[0]
    assert darkest(page.crop((1300, 250, 1310, 260))) < 120
    assert not [word for word in reading.words(pdf) if word.page == 1 and word.top < 35]
    assert "Figure" in reading.structure(pdf)


def test_address_has_one_to_six_lines() -> None:
    for lines in ((), ("Maren Muster", ""), tuple("1234567")):
        with pytest.raises(ValueError, match="1 to 6 lines"):
            Recipient(lines)


def test_unknown_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no catalogue fr; there is de-du, de-sie, en"):
        papers.cover("fr")
