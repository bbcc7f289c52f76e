"""A catalogue of options says what is offered, or what is wrong with it, with line and key (S13)."""

from datetime import date
from decimal import Decimal
from importlib import resources

import pytest

from werda.core.option import Begins, Billing, Charge, OptionCatalogue, Terms
from werda.core.option_document import parse

DOCUMENT = """brand = "nordfunk"
version = "2026"
timezone = "Europe/Berlin"
effective_from = 2026-01-01T00:00:00
currency = "EUR"

[options.a]
name.de = "Auslandspaket"
name.en = "Travel pack"
about.de = "Surfen in der Schweiz"
about.en = "Use your data in Switzerland"
price = "9.99"
minimum_months = 1
notice_days = 14
billing = "from-start"
begins = "next-month"
tariffs = ["Nordfunk M"]
available_until = "2026-12-31"

[options.b]
name.de = "Noch eins"
name.en = "Another"
about.de = "Mehr"
about.en = "More"
price = "1.00"
charge = "once"
excludes = ["a"]
"""


def problems(document: str) -> list[tuple[str, str]]:
    found = parse(document)
    assert isinstance(found, list), "there is nothing wrong with it"
    return [(problem.key, problem.message) for problem in found]


def test_a_document_is_a_catalogue() -> None:
    found = parse(DOCUMENT)
    assert isinstance(found, OptionCatalogue), found
    a, b = found.options
    assert (a.price, a.charge, a.tariffs, a.until) == (
        Decimal("9.99"),
        Charge.MONTHLY,
        ("Nordfunk M",),
        date(2026, 12, 31),
    )
    assert a.terms == Terms(1, 14, Billing.FROM_START, Begins.NEXT_MONTH)
    assert (b.charge, b.excludes, b.name.of("en"), b.name.of("de")) == (Charge.ONCE, ("a",), "Another", "Noch eins")


def test_the_demos_document_is_one() -> None:
    text = resources.files("werda.demo").joinpath("options/nordfunk-2026.toml").read_text(encoding="utf-8")
    found = parse(text)
    assert isinstance(found, OptionCatalogue), found
    assert len(found.options) == 8


@pytest.mark.parametrize(
    ("right", "wrong", "key", "says"),
    [
        ('excludes = ["a"]', 'excludes = ["c"]', "options.b.excludes", "'c', which is not in this catalogue"),
        ('excludes = ["a"]', 'excludes = ["b"]', "options.b.excludes", "itself"),
        ('excludes = ["a"]', 'requires = ["c"]', "options.b.requires", "'c', which is not in this catalogue"),
        ('excludes = ["a"]', 'requires = ["b"]', "options.b.requires", "circle"),
        ('excludes = ["a"]', 'excludes = ["a"]\nrequires = ["a"]', "options.b.excludes", "requires too"),
        ('"9.99"', '"-9.99"', "options.a.price", "does not look like one"),
        ('"9.99"', "9.99", "options.a.price", "a number with a point"),
        ('"once"', '"sometimes"', "options.b.charge", "is none of these"),
        ("minimum_months = 1", "minimum_months = 36", "options.a.minimum_months", "TKG § 56"),
        ('"2026-12-31"', '"2026-02-30"', "options.a.available_until", "no day of the calendar"),
        ("notice_days = 14", "days = 30", "options.a.days", "ends it by itself"),
        ("tariffs =", "tarifs =", "options.a.tarifs", "did you mean tariffs?"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(right: str, wrong: str, key: str, says: str) -> None:
    found = problems(DOCUMENT.replace(right, wrong))
    assert [k for k, _ in found] == [key]
    assert says in found[0][1]


def test_everything_wrong_is_told_at_once() -> None:
    wrong = DOCUMENT.replace('"9.99"', '"free"').replace('"once"', '"never"').replace('["a"]', '["x", "y"]')
    assert [key for key, _ in problems(wrong)] == [
        "options.a.price", "options.b.charge", "options.b.excludes", "options.b.excludes",
    ]  # fmt: skip


def test_a_longer_circle_is_told_at_each_of_its_options() -> None:
    circle = DOCUMENT.replace('excludes = ["a"]', 'requires = ["a"]').replace(
        "[options.b]", 'requires = ["b"]\n[options.b]'
    )
    assert [key for key, _ in problems(circle)] == ["options.a.requires", "options.b.requires"]
