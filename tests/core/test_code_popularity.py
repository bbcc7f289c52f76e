"""How many customers may hold the same code (B3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from werda.core.code_popularity import cap
from werda.core.customer_code import CodeFormat

FOUR = CodeFormat()


@pytest.mark.parametrize(
    ("customers", "most"),
    [(0, 10), (1, 10), (33_333, 10), (36_666, 10), (36_667, 11), (40_000, 12), (1_000_000, 300), (10_000_000, 3_000)],
)
def test_three_times_the_share_and_never_below_ten(customers: int, most: int) -> None:
    assert cap(customers, FOUR) == most


def test_longer_codes_have_smaller_shares() -> None:  # S15
    assert [cap(1_000_000, CodeFormat(digits)) for digits in (4, 5, 6, 7)] == [300, 30, 10, 10]


@given(customers=st.integers(0, 10**9), digits=st.integers(4, 7))
def test_the_cap_is_kept_and_nobody_is_left_without_a_code(customers: int, digits: int) -> None:
    """B3: never more than max(10, 3 x share); and if all are full, everybody has one, a hundred times over."""
    most, share = cap(customers, CodeFormat(digits)), customers / 10**digits
    assert most <= max(10, 3 * share)
    assert most * 10**digits >= 2 * customers
