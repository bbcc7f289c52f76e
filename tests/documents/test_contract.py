"""What the contract papers say, and where (S6)."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest

from tests.documents import papers, reading
from tests.documents.conftest import example
from werda.core.secret import Secret
from werda.documents.contract import ContractLine, ContractPapers, Copy, Per, Price, Term, contract_papers
from werda.documents.money import Money
from werda.documents.wording import CATALOGUES

DU = papers.contract("de-du")


def decoded(pdf: bytes) -> bytes:
    """Everything in the file that can be unpacked, one after the other."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        things = list(opened.objects)
        streams = [thing.read_bytes() for thing in things if isinstance(thing, pikepdf.Stream)]
        return b"\n".join([*streams, *(thing.unparse() for thing in things)])


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_customer_number_and_code_stand_on_page_1_under_item_1(catalogue: str) -> None:  # S6
    first_page = reading.running_text(example("contract", catalogue), page=1)
    item = first_page[first_page.index(" 1 ") : first_page.index(" 2 Tari")]
    assert papers.CUSTOMER_NUMBER in item
    assert papers.CODE in item
    assert item.index(papers.CUSTOMER_NUMBER) < item.index(papers.CODE)


def test_items_follow_each_other() -> None:
    everything = reading.running_text(example("contract"))
    items = ["1 Kundennummer und Kundenkennzahl", "2 Tarif", "3 Preise", "4 Laufzeit und Kündigung", "5 Bedingungen"]
    places = [everything.index(item) for item in [*items, "6 Widerruf Widerrufsrecht", "Muster-Widerrufsformular Wenn"]]
    assert places == sorted(places)


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_mailed_copy_never_has_the_code(catalogue: str) -> None:  # S6
    assert papers.CODE in reading.text(example("contract", catalogue))
    mailed = example("contract-mailed", catalogue)
    assert papers.CODE not in reading.digits_and_letters(mailed)
    assert papers.CODE.encode() not in decoded(mailed)
    assert "••••" in reading.text(mailed, page=1)


def test_mailed_copy_says_where_the_code_is() -> None:
    assert f"Du siehst sie im Kundenportal {papers.LETTERHEAD.portal}" in reading.running_text(
        example("contract-mailed")
    )


def test_brand_may_mask_the_code_in_every_copy() -> None:  # S6
    masked = replace(DU, customer_code=None)
    original = contract_papers(masked, Copy.ORIGINAL)
    assert "••••" in reading.text(original, page=1)
    assert original == contract_papers(masked, Copy.MAILED) == example("contract-mailed")


def test_code_keeps_its_leading_zeros_and_may_be_longer() -> None:  # S15
    for code in ("0007", "0070701"):
        pdf = contract_papers(replace(DU, customer_code=Secret(code)))
        assert code in reading.digits_and_letters(pdf, page=1)


def test_lines_have_number_tariff_and_beginning() -> None:
    text = reading.running_text(example("contract"))
    assert "0176 0400 0001 Nordfunk M 1. März 2023" in text
    assert "0176 0400 0002 Nordfunk S 1. März 2023" in text
    assert "1 March 2023" in reading.running_text(example("contract", "en"))


def test_prices_are_written_as_the_language_writes_them() -> None:
    german, english = (reading.running_text(example("contract", catalogue)) for catalogue in ("de-sie", "en"))
    assert "Kombi-Vorteil −5,00 € im Monat" in german
    assert "Satellit 1.234,50 € im Jahr" in german
    assert "Bundle discount −€5.00 a month" in english
    assert "Satellite €1,234.50 a year" in english


def test_monthly_prices_are_added_up_exactly() -> None:
    assert "Monatlich zusammen 24,98 € im Monat" in reading.running_text(example("contract"))


def test_prices_in_two_currencies_are_not_added_up() -> None:
    prices = (
        Price("Hier", Money(Decimal(1)), Per.MONTH),
        Price("Dort", Money(Decimal(2), "CHF"), Per.MONTH),
    )
    text = reading.running_text(contract_papers(replace(DU, prices=prices)))
    assert "Dort 2,00 CHF im Monat" in text
    assert "zusammen" not in text


@pytest.mark.parametrize(
    ("term", "says"),
    [
        (Term(), "keine Mindestlaufzeit. Du kannst ihn jederzeit mit einer Frist von einem Monat kündigen."),
        (Term(notice_days=14), "jederzeit mit einer Frist von 14 Tagen kündigen."),
        (Term(24), "beträgt 24 Monate. Danach läuft der Vertrag auf unbestimmte Zeit weiter."),
    ],
)
def test_term_and_notice_are_said_in_a_sentence(term: Term, says: str) -> None:
    assert says in reading.running_text(contract_papers(replace(DU, term=term)))


def test_withdrawal_names_whom_to_tell_and_has_a_form_of_its_own() -> None:
    pdf = example("contract", "de-sie")
    text, head = reading.running_text(pdf), papers.LETTERHEAD
    assert f"müssen Sie uns ({head.address}, Telefon {head.hotline}, E-Mail {head.email})" in text
    assert reading.running_text(pdf, page=3).startswith("Nordfunk · Ihre Vertragsunterlagen")
    assert "Muster-Widerrufsformular" in reading.running_text(pdf, page=3)


def test_company_has_no_right_of_withdrawal() -> None:
    text = reading.running_text(contract_papers(replace(DU, consumer=False)))
    assert "Widerruf" not in text
    assert "5 Bedingungen" in text


def test_without_terms_withdrawal_moves_up() -> None:
    assert "5 Widerruf" in reading.running_text(contract_papers(replace(DU, clauses=())))


def test_long_papers_break_over_pages_and_number_them() -> None:
    lines = tuple(ContractLine(f"0176 0400 {n:04}", "Nordfunk S", date(2023, 3, 1)) for n in range(80))
    text = reading.text(contract_papers(replace(DU, lines=lines)))
    found = re.findall(r"Seite (\d+) von (\d+)", text)
    assert len(found) > 3
    assert found == [(str(n), str(len(found))) for n in range(1, len(found) + 1)]
    assert text.count("Rufnummer") >= 3  # the head of the table is repeated


def test_contract_without_line_or_price_is_refused() -> None:
    for nothing in ({"lines": ()}, {"prices": ()}):
        with pytest.raises(ValueError, match="at least one line and one price"):
            replace(DU, **nothing)  # type: ignore[arg-type]


def test_equal_papers_are_equal_files() -> None:
    assert contract_papers(papers.contract("en")) == contract_papers(papers.contract("en"))


def test_papers_show_no_code_by_accident() -> None:  # B9
    assert papers.CODE not in repr(DU)
    assert isinstance(DU, ContractPapers)
