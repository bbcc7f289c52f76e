"""The one form of the old way, and its end (A1, S2)."""

from datetime import UTC, date, datetime
from importlib import resources

import pytest

from werda.core.legacy_identity import end_of, normalise
from werda.core.policy import Policy
from werda.core.policy_document import parse

BORN = date(1980, 5, 17)


def policy(name: str) -> Policy:
    text = resources.files("werda.demo").joinpath("policies", name).read_text(encoding="utf-8")
    parsed = parse(text)
    assert isinstance(parsed, Policy), parsed
    return parsed


@pytest.mark.parametrize(("number", "postcode"), [("k 12-34", "25813"), ("K1234", "258 13"), ("K/12.34", "25813 ")])
def test_blanks_hyphens_and_capitals_decide_nothing(number: str, postcode: str) -> None:
    assert normalise(number, BORN, postcode) == normalise("K1234", BORN, "25813")


@pytest.mark.parametrize(
    "other",
    [
        ("K1235", BORN, "25813"),
        ("K1234", date(1980, 5, 18), "25813"),
        ("K1234", BORN, "25814"),
        ("K12342", BORN, "5813"),
    ],
)
def test_another_number_date_or_postcode_is_another_identity(other: tuple[str, date, str]) -> None:
    assert normalise(*other) != normalise("K1234", BORN, "25813")


def test_old_way_ends_when_the_policy_says() -> None:  # A1
    policies = [policy("nordfunk-2023.toml"), policy("nordfunk-2022.toml")]
    assert end_of(policies) == datetime(2023, 2, 15, 23, tzinfo=UTC)


def test_old_way_ends_earlier_when_the_next_version_does_not_know_it() -> None:  # A1
    long = parse(
        resources.files("werda.demo")
        .joinpath("policies", "nordfunk-2022.toml")
        .read_text(encoding="utf-8")
        .replace("until = 2023", "until = 2024")
    )
    assert isinstance(long, Policy)
    assert end_of([long]) == datetime(2024, 2, 15, 23, tzinfo=UTC)
    assert end_of([long, policy("nordfunk-2023.toml")]) == datetime(2023, 2, 15, 23, tzinfo=UTC)


def test_there_is_no_end_where_no_policy_knows_the_old_way() -> None:
    assert end_of([]) is None
    assert end_of([policy("nordfunk-2023.toml")]) is None
