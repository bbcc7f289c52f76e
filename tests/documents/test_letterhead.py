"""An operator's letterhead is a short document; everything wrong with it is told at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents import papers
from werda.documents.letterhead import Letterhead, read_letterhead

DOCUMENT = """
name = "Nordfunk"
company = "Nordfunk GmbH"
street = "Deichweg 1"
postcode = "25813"
city = "Husum"
portal = "mein.nordfunk.example"
hotline = "04841 123450"
email = "post@nordfunk.example"
"""


def test_shortest_letterhead_has_ink_for_an_accent_and_no_logo() -> None:
    read = read_letterhead(DOCUMENT)
    assert read == replace(papers.LETTERHEAD, legal=(), accent="#16181c")


def test_letterhead_may_have_legal_lines_an_accent_and_a_logo() -> None:
    read = read_letterhead(DOCUMENT + 'legal = ["HRB 12345"]\naccent = "#0b4f8a"\n', logo="<svg/>")
    assert isinstance(read, Letterhead)
    assert (read.legal, read.accent, read.logo) == (("HRB 12345",), "#0b4f8a", "<svg/>")


def test_everything_wrong_is_told_with_its_line() -> None:
    text = DOCUMENT.replace('city = "Husum"', "") + 'accent = "blue"\nlegal = ["1", "2", "3", "4"]\ncolour = "red"\n'
    read = read_letterhead(text)
    assert isinstance(read, list)
    told = "\n".join(map(str, read))
    assert 'city: is missing; write city = "Husum"' in told
    assert 'accent: does not look like one; write accent = "#0b4f8a"' in told
    assert "legal: has more than three lines" in told
    assert "colour: is unknown" in told


def test_document_that_is_no_toml_is_told() -> None:
    read = read_letterhead("name = Nordfunk")
    assert isinstance(read, list)
    assert "is no TOML" in str(read[0])


@pytest.mark.parametrize("wrong", [{"accent": "red"}, {"legal": ("",) * 4}])
def test_letterhead_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"accent|three lines"):
        replace(papers.LETTERHEAD, **wrong)  # type: ignore[arg-type]


def test_example_of_the_documentation_is_read() -> None:
    example = Path(__file__).parents[2] / "examples/documents/letterhead.toml"
    assert isinstance(read_letterhead(example.read_text(encoding="utf-8")), Letterhead)
