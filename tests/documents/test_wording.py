"""Every catalogue is whole, speaks its own form of address, and writes dates and prices as its language does."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from werda.documents import wording as wording_module
from werda.documents.money import Money
from werda.documents.wording import CATALOGUES, catalogue_of, wording

ROOM = Path(wording_module.__file__).parent


def all_texts(catalogue: str) -> str:
    words = wording(catalogue)
    return " ".join(str(words._texts[key]) for key in words.names() - {"language"})


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_catalogue_has_every_text_with_the_same_placeholders(catalogue: str) -> None:
    words, german = wording(catalogue), wording("de-du")
    assert words.names() == german.names()
    assert len(words.names()) > 80
    for key in words.names() - {"letter.greeting"}:
        assert words.placeholders(key) == german.placeholders(key), key


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_no_text_is_empty_but_the_note_that_a_customer_code_does_not_need(catalogue: str) -> None:
    words = wording(catalogue)
    assert {key for key in words.names() if not words._texts[key]} == {"code_letter.customer_code.note"}


def test_every_text_is_used() -> None:
    code = "".join(file.read_text("utf-8") for file in ROOM.glob("*.py"))
    built = re.compile(r'"([a-z_.]+)"|f"([a-z_.]*)\{[^}]+\}([a-z_.]*)"')
    patterns = [
        plain or rf"{before}[a-z_]+{after}" for plain, before, after in built.findall(code) if plain or before or after
    ]
    unused = {key for key in wording("en").names() if not any(re.fullmatch(pattern, key) for pattern in patterns)}
    assert unused == set()


def test_people_addressed_with_sie_are_never_called_du_and_the_other_way_round() -> None:
    assert re.findall(r"\b(?:du|dein\w*|dich|dir)\b", all_texts("de-sie"), re.IGNORECASE) == []
    assert re.findall(r"(?<![.:!?] )\b(?:Sie|Ihnen|Ihre?[nmrs]?)\b", all_texts("de-du")) == []


def test_catalogues_are_those_in_the_folder() -> None:
    assert {file.stem for file in (ROOM / "words").glob("*.toml")} == set(CATALOGUES)


@pytest.mark.parametrize(
    ("language", "form", "catalogue"),
    [("de", "du", "de-du"), ("de", "sie", "de-sie"), ("en", "du", "en"), ("en", "sie", "en"), ("fr", "sie", "en")],
)
def test_catalogue_follows_language_and_form(language: str, form: str, catalogue: str) -> None:
    assert catalogue_of(language, form) == catalogue


def test_dates_have_their_month_in_letters() -> None:
    day = date(2023, 3, 1)
    assert [wording(catalogue).date(day) for catalogue in CATALOGUES] == [
        "1. März 2023",
        "1. März 2023",
        "1 March 2023",
    ]


@pytest.mark.parametrize(
    ("money", "german", "english"),
    [
        (Money(Decimal("14.99")), "14,99\xa0€", "€14.99"),
        (Money(Decimal("5")), "5,00\xa0€", "€5.00"),
        (Money(Decimal("-10.5")), "−10,50\xa0€", "−€10.50"),
        (Money(Decimal("1234567.5")), "1.234.567,50\xa0€", "€1,234,567.50"),
        (Money(Decimal("0.0995")), "0,0995\xa0€", "€0.0995"),
        (Money(Decimal("0")), "0,00\xa0€", "€0.00"),
        (Money(Decimal("1E+2"), "CHF"), "100,00\xa0CHF", "CHF\xa0100.00"),
        (Money(Decimal("2.5"), "GBP"), "2,50\xa0£", "£2.50"),
    ],
)
def test_money_is_written_as_the_language_writes_it(money: Money, german: str, english: str) -> None:
    assert wording("de-sie").money(money) == german
    assert wording("en").money(money) == english


def test_money_is_exact() -> None:
    assert Money(Decimal("0.10")) + Money(Decimal("0.20")) == Money(Decimal("0.30"))
    with pytest.raises(TypeError, match="Decimal"):
        Money(0.1)  # type: ignore[arg-type]
    for amount, currency in (
        (Decimal("NaN"), "EUR"),
        (Decimal(1), "Euro"),
        (Decimal(1), "eur"),
        (Decimal("0.12345"), "EUR"),
    ):
        with pytest.raises(ValueError, match=r"an amount|a currency"):
            Money(amount, currency)
    with pytest.raises(ValueError, match="EUR and CHF"):
        Money(Decimal(1)) + Money(Decimal(1), "CHF")
