"""A tariff document says what is sold, or what is wrong with it, with line and key."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources

from werda.core.tariff import LineKind, Payment, Tariff, TariffCatalogue
from werda.core.tariff_document import parse
from werda.core.toml_document import Problem

DOCUMENT = """brand = "nordfunk"
version = "2026"
timezone = "Europe/Berlin"
effective_from = 2026-01-01T00:00:00
currency = "EUR"

[tariffs.m]
name = "Nordfunk M"
monthly = "14.99"
line = "mobile"
payment = "postpaid"
minimum_months = 1
features = ["30 GB"]
"""


def problems(document: str) -> list[Problem]:
    found = parse(document)
    return found if isinstance(found, list) else []


def test_a_document_is_a_catalogue() -> None:
    begins = datetime(2025, 12, 31, 23, tzinfo=UTC)
    tariff = Tariff("m", "Nordfunk M", Decimal("14.99"), LineKind.MOBILE, Payment.POSTPAID, 1, ("30 GB",))
    assert parse(DOCUMENT) == TariffCatalogue("nordfunk", "2026", begins, "EUR", (tariff,))


def test_the_demos_document_is_one() -> None:
    text = resources.files("werda.demo").joinpath("tariffs/nordfunk-2026.toml").read_text(encoding="utf-8")
    assert problems(text) == []


def test_everything_wrong_is_told_with_line_and_key() -> None:
    wrong = DOCUMENT.replace('"14.99"', "14.99").replace('"mobile"', '"satellite"').replace("months = 1", "months = 36")
    assert [(problem.line, problem.key) for problem in problems(wrong)] == [
        (9, "tariffs.m.monthly"),
        (10, "tariffs.m.line"),
        (12, "tariffs.m.minimum_months"),
    ]


def test_unknown_keys_are_told() -> None:
    (problem,) = problems(DOCUMENT.replace("features", "feature"))
    assert problem.key == "tariffs.m.feature"
    assert "features" in problem.message


def test_a_document_without_tariffs_sells_nothing() -> None:
    (problem,) = problems(DOCUMENT[: DOCUMENT.index("[tariffs.m]")])
    assert "sells nothing" in problem.message


def test_the_newest_catalogue_that_has_begun_is_in_force() -> None:
    first, second = parse(DOCUMENT), parse(DOCUMENT.replace("2026", "2027"))
    assert isinstance(first, TariffCatalogue)
    assert isinstance(second, TariffCatalogue)
    both = [second, first]
    assert TariffCatalogue.in_force(both, datetime(2025, 6, 1, tzinfo=UTC)) is None
    assert TariffCatalogue.in_force(both, datetime(2026, 6, 1, tzinfo=UTC)) == first
    assert TariffCatalogue.in_force(both, datetime(2027, 6, 1, tzinfo=UTC)) == second
