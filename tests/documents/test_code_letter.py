"""What the code letter tells, and what it never does (E3, E4)."""

from datetime import date, timedelta

import pytest

from tests.documents import papers, reading
from tests.documents.conftest import example
from werda.core.secret import Secret
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, TellsLetterCode, code_letter
from werda.documents.cover import Recipient
from werda.documents.wording import CATALOGUES

KINDS = {"code-letter": papers.CODE, "letter-code": papers.LETTER_CODE}


@pytest.mark.parametrize("catalogue", CATALOGUES)
@pytest.mark.parametrize("kind", KINDS)
def test_letter_tells_the_code_once(kind: str, catalogue: str) -> None:
    assert reading.digits_and_letters(example(kind, catalogue)).count(KINDS[kind]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_letter_says_where_the_code_is_later_why_it_matters_and_what_if_it_was_opened(kind: str) -> None:
    text = reading.running_text(example(kind))
    assert "später findest" in text
    assert papers.LETTERHEAD.portal in text
    assert "Name, Geburtsdatum" in text or "deinen Namen und dein Geburtsdatum" in text
    assert "War der Brief offen?" in text
    assert papers.LETTERHEAD.hotline in text


@pytest.mark.parametrize(
    ("catalogue", "says"),
    [
        ("de-du", "Auch auf diesen Brief musst du nichts antworten, nichts anklicken und nichts bezahlen."),
        ("de-sie", "Auch auf diesen Brief müssen Sie nichts antworten, nichts anklicken und nichts bezahlen."),
        ("en", "Nor does this letter want you to answer, click or pay anything."),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_letter_asks_for_nothing(kind: str, catalogue: str, says: str) -> None:
    # Neither has it a link to click (conformance: does_nothing) nor a question but the one about itself.
    text = reading.running_text(example(kind, catalogue))
    assert says in text
    assert text.count("?") == 1


def test_letter_code_says_how_long_it_counts_and_how_to_use_it() -> None:  # E4
    text = reading.running_text(example("letter-code"))
    assert "Gilt einmal, bis zum 9. März 2023." in text
    assert "So benutzt du ihn" in text
    assert "Gilt" not in reading.text(example("code-letter"))


def test_letter_code_counts_for_21_days_at_most() -> None:  # E4
    cover = papers.cover("de-du")
    CodeLetter(cover, TellsLetterCode(Secret("739205"), cover.written_on + timedelta(days=21)))
    for day in (cover.written_on + timedelta(days=22), cover.written_on - timedelta(days=1)):
        with pytest.raises(ValueError, match="21 days"):
            CodeLetter(cover, TellsLetterCode(Secret("739205"), day))


@pytest.mark.parametrize("code", ["", "481", "48171234", "48a7", "４８１７"])
def test_customer_code_of_another_shape_is_refused_without_quoting_it(code: str) -> None:
    with pytest.raises(ValueError, match="4 to 7 digits") as refused:
        TellsCustomerCode(Secret(code))
    assert not code or code not in str(refused.value)


@pytest.mark.parametrize("code", ["12345", "1234567890123", "ab12cd", "12 34 56"])
def test_letter_code_of_another_shape_is_refused_without_quoting_it(code: str) -> None:
    with pytest.raises(ValueError, match="6 to 12") as refused:
        TellsLetterCode(Secret(code), date(2023, 3, 1))
    assert code not in str(refused.value)


@pytest.mark.parametrize("code", ["73920518", "A7K2QX", "739205184611"])
def test_long_letter_codes_are_read_back_whole(code: str) -> None:
    letter = CodeLetter(papers.cover("en"), TellsLetterCode(Secret(code), date(2023, 3, 1)))
    assert code in reading.digits_and_letters(code_letter(letter))


def test_people_are_greeted_as_the_brand_does_and_companies_without_name() -> None:
    def greeting(catalogue: str, recipient: Recipient = papers.RECIPIENT) -> str:
        letter = CodeLetter(papers.cover(catalogue, recipient), TellsCustomerCode(Secret("4817")))
        return reading.running_text(code_letter(letter))

    assert "Hallo Maren, mit dieser Zahl weist du dich aus" in greeting("de-du")
    assert "Guten Tag Maren Muster, mit dieser Zahl weisen Sie sich aus" in greeting("de-sie")
    assert "Dear Maren Muster, with this number" in greeting("en")
    assert "Guten Tag, mit dieser Zahl" in greeting("de-sie", Recipient(("Reederei Thomsen KG", "25813 Husum")))
