"""Whatever a customer is called, the letter arrives: letters the font lacks become their nearest."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tests.documents import papers, reading
from werda.core.secret import Secret
from werda.documents import printable as printable_module
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, code_letter
from werda.documents.cover import Recipient
from werda.documents.printable import LETTERS, Unprintable, printable

FONTS = sorted((Path(printable_module.__file__).parent / "fonts").glob("*.ttf"))


@pytest.mark.parametrize("font", FONTS, ids=lambda font: font.stem)
def test_letters_are_those_of_the_font(font: Path) -> None:
    with TTFont(font) as opened:
        assert {chr(code) for code in opened.getBestCmap() or ()} == LETTERS


def test_fonts_travel_with_their_licence() -> None:
    assert len(FONTS) == 2
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS[0].parent / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Jürgen Groß", "Jürgen Groß"),
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Şükrü İpek", "Şükrü İpek"),
        ("Ju\u0308rgen", "Jürgen"),  # parts are put together
        ("Əliyev", "Eliyev"),
        ("Đặng Thị Ơn", "Đăng Thi On"),  # the dot below and the horn are not in the font
        ("Eŋo", "Eno"),
        ("Anne\u2011Marie", "Anne-Marie"),
        ("Maren\tMuster\n", "Maren Muster "),
        ("ﬁnn", "finn"),
        ("O\u02bcBrien", "O’Brien"),
    ],
)
def test_letter_becomes_its_nearest(name: str, printed: str) -> None:
    assert printable({"name": name}) == {"name": printed}


def test_letter_arrives_with_the_nearest_letters() -> None:
    recipient = Recipient(("Nguyễn Văn Đức", "25813 Husum"), "Đức", "Nguyễn")
    pdf = code_letter(CodeLetter(papers.cover("de-sie", recipient), TellsCustomerCode(Secret("4817"))))
    assert "Guten Tag Đúc Nguyên," in reading.running_text(pdf)


@pytest.mark.parametrize("name", ["Иван", "Ελένη", "李", "Maren ☎", "😀"])
def test_other_scripts_are_refused_with_field_and_letters(name: str) -> None:
    recipient = Recipient((name, "25813 Husum"))
    with pytest.raises(Unprintable, match=r"recipient has letters .* \(U\+[0-9A-F]+") as refused:
        code_letter(CodeLetter(papers.cover("en", recipient), TellsCustomerCode(Secret("4817"))))
    assert set(refused.value.letters) <= set(name)
    assert "Latin" in str(refused.value)


def test_secrets_are_left_alone() -> None:
    secret = Secret("4817")
    assert printable({"code": secret, "rows": [[secret]]}) == {"code": secret, "rows": [[secret]]}
